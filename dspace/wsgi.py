"""The WSGI door: `gunicorn dspace.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dspace.settings")

application = get_wsgi_application()
