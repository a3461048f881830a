"""What gunicorn does besides what its command line says; it finds this file in the folder it is started in."""

from typing import Any

# One for each user would be shared by all instances of that user.
control_socket_disable = True
# The longest it can be told to take; 4094 would refuse long searches and identifiers before anybody sees them.
limit_request_line = 8190
# Of a proxy on this machine, gunicorn would take these from any client that the proxy does not keep from sending them.
forwarder_headers = ""
worker_class = "dspace.gunicorn_worker.Worker"


def on_starting(server: Any) -> None:
    """Read the settings before a worker does: a mistake in the configuration ends gunicorn itself, with exit code 1."""
    import dspace.settings  # noqa: F401
