"""The Celery application of workers and beat: `celery -A dspace worker --beat-thread`."""

import os

from celery import Celery

from dspace import beat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dspace.settings")

app = Celery("dspace", config_source="dspace.celeryconfig")
app.set_default()  # for every thread
app.autodiscover_tasks()
beat.add_to(app)
