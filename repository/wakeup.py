"""Waking the workers after a commit. It never delays or fails whoever committed: beat sweeps up what is missed."""

import atexit
import logging
import threading
import time
from collections.abc import Iterable
from typing import NamedTuple

from celery import current_app

log = logging.getLogger(__name__)

TASK = "repository.tasks.run_changes"
COALESCE = 0.2  # seconds in which further wake-ups join one message
LAST_WORD = 1.0  # seconds that an ending process, say a short command, gives its last wake-ups to be sent


class _Message(NamedTuple):
    """A task to be sent, perhaps to a consumer, to be run after `delay` seconds."""

    task: str
    arguments: tuple[str, ...] = ()
    delay: float = 0.0


_wanted: set[_Message] = set()
_condition = threading.Condition()
_thread: threading.Thread | None = None
_is_publishing = False
_is_up = False  # an outage of the broker is one line in the log; for a command without a running instance it is none


def wake(consumers: Iterable[str]) -> None:
    """Ask for a run of these consumers soon; returns at once."""
    _send_soon(_Message(TASK, (consumer,)) for consumer in consumers)


def wake_task(name: str, *, delay: float = 0.0) -> None:
    """Ask for a run of another task, after `delay` seconds; returns at once."""
    _send_soon([_Message(name, (), delay)])


def _send_soon(messages: Iterable[_Message]) -> None:
    global _thread
    with _condition:
        _wanted.update(messages)
        if _thread is None or not _thread.is_alive():  # not alive: this process was forked
            _thread = threading.Thread(target=_publish_for_ever, name="wakeup", daemon=True)
            _thread.start()
        _condition.notify_all()


def _publish_for_ever() -> None:
    global _is_publishing
    while True:
        with _condition:
            _condition.wait_for(lambda: _wanted)
            messages = sorted(_wanted)
            _wanted.clear()
            _is_publishing = True
        for message in messages:
            _publish(message)
        with _condition:
            _is_publishing = False
            _condition.notify_all()
        time.sleep(COALESCE)


@atexit.register
def _finish() -> None:
    if _thread is not None and _thread.is_alive():
        with _condition:
            _condition.wait_for(lambda: not _wanted and not _is_publishing, timeout=LAST_WORD)


def _publish(message: _Message) -> None:
    global _is_up
    try:
        current_app.send_task(
            message.task, args=list(message.arguments), countdown=message.delay or None, retry=False, expires=60
        )
        _is_up = True
    except Exception as error:  # the broker is down in any of many ways; the mark is in the database, beat will see it
        log.log(
            logging.INFO if _is_up else logging.DEBUG,
            "the workers were not woken, they look by themselves: %s",
            error,
        )
        _is_up = False
