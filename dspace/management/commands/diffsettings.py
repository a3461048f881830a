"""`diffsettings`: not here."""

from typing import Any

from django.core.management.base import CommandError

from common.commands import DSpaceCommand


class Command(DSpaceCommand):
    """Stands in the place of Django's command, which prints passwords."""

    help = "Not available, for it would print passwords: see dsprop"

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse."""
        raise CommandError("diffsettings would print passwords: `manage.py dsprop -p KEY` shows the configuration")
