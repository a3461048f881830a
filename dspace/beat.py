"""Beat as a thread of the worker, for an instance that has one of each: `celery -A dspace worker --beat-thread`.

Celery's own `--beat` forks a second process, which costs some 50 MB.
"""

from typing import Any

from celery import Celery, bootsteps
from celery.beat import EmbeddedService
from click import Option


class BeatThread(bootsteps.StartStopStep):
    """Starts beat with the worker, when asked to, and stops it before the worker."""

    label = "Beat thread"

    def __init__(self, parent: Any, beat_thread: bool = False, schedule_filename: str | None = None, **options: Any):
        self.enabled = beat_thread
        self.schedule_filename = schedule_filename
        super().__init__(parent, **options)

    def create(self, parent: Any) -> Any:
        """The thread; `--schedule` names the file in which beat remembers what ran last."""
        return EmbeddedService(parent.app, thread=True, schedule_filename=self.schedule_filename)


def add_to(app: Celery) -> None:
    """Give the application's workers the option."""
    app.user_options["worker"].add(
        Option(("--beat-thread",), is_flag=True, help="Run beat as a thread of this worker.")
    )
    app.steps["worker"].add(BeatThread)
