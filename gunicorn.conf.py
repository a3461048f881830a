"""What gunicorn does besides what its command line says; it finds this file in the folder it is started in."""

from typing import Any

# One for each user would be shared by all instances of that user.
control_socket_disable = True


def on_starting(server: Any) -> None:
    """Read the settings before a worker does: a mistake in the configuration ends gunicorn itself, with exit code 1."""
    import dspace.settings  # noqa: F401
