"""Which part answers which path."""

import re

from django.conf import settings
from django.urls import include, path, re_path

from dspace import site
from dspace.views import without_former_prefix

FORMER_PREFIXES = {"xmlui", "jspui", site.address_of(settings.DSPACE, "dspace.url").path.strip("/")} - {""}

urlpatterns = [
    re_path(rf"^(?:{'|'.join(map(re.escape, sorted(FORMER_PREFIXES)))})(?:/(?P<rest>.*))?$", without_former_prefix),
    path("oai/", include("oai.urls")),
    path("handleresolver/", include("identifiers.urls")),
    path("json/hdlresolver/", include("identifiers.urls")),
    path("", include("ui.urls")),
]

handler400 = "ui.views.errors.bad_request"
handler403 = "ui.views.errors.forbidden"
handler404 = "ui.views.errors.not_found"
handler500 = "ui.views.errors.server_error"
