"""The Celery application: `celery -A dspace worker -B`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dspace.settings")

app = Celery("dspace")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
