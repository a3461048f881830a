"""Celery's configuration.

Celery finds it by the name in CELERY_CONFIG_MODULE, which the settings set: so it holds for every process and thread,
also for those that never import `dspace.celery` and only announce a task.
"""

from datetime import timedelta

from celery.schedules import crontab, schedule
from django.conf import settings

from dspace.schedule import Job

HALF_A_DAY = 12 * 3600  # seconds

broker_url = settings.BROKER_URL
broker_transport_options = {
    "visibility_timeout": HALF_A_DAY,  # longer than any task takes, else a second worker begins it too
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
}
broker_connection_retry_on_startup = True
broker_connection_timeout = 2
task_default_queue = "dspace"
task_ignore_result = True
task_acks_late = True
task_reject_on_worker_lost = True
task_publish_retry = False  # nobody waits for a broker: the sweep finds what was not announced
worker_prefetch_multiplier = 1
worker_hijack_root_logger = False
timezone = "UTC"
beat_schedule_filename = str(settings.VAR / "celerybeat-schedule")


def _entry(job: Job) -> dict[str, object]:
    """Beat's entry for one job. A word with a dot names a task, any other a command of manage.py."""
    name, *arguments = job.command
    is_task = "." in name
    when = schedule(timedelta(seconds=job.every)) if job.every else _crontab(job)
    return {
        "task": name if is_task else "dspace.tasks.run_command",
        "args": arguments if is_task else job.command,
        "schedule": when,
        # While no worker runs, messages must not pile up.
        "options": {"expires": job.every or HALF_A_DAY},
    }


def _crontab(job: Job) -> crontab:
    minute, hour, day_of_month, month_of_year, day_of_week = job.cron
    return crontab(minute, hour, day_of_week, day_of_month, month_of_year)


beat_schedule = {job.name: _entry(job) for job in settings.SCHEDULE}
