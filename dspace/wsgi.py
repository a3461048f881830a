"""The WSGI door: `gunicorn dspace.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dspace.settings")

_django = get_wsgi_application()  # first: what follows needs the settings

from oai.wsgi import harvesters_first  # noqa: E402

application = harvesters_first(_django)
