"""Which part answers which path."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = []
if find_spec("oai.urls"):  # until the part lands
    urlpatterns.append(path("oai/", include("oai.urls")))
if find_spec("ui.urls"):  # until the part lands
    urlpatterns.append(path("", include("ui.urls")))

handler400 = "ui.views.errors.bad_request"
handler403 = "ui.views.errors.forbidden"
handler404 = "ui.views.errors.not_found"
handler500 = "ui.views.errors.server_error"
