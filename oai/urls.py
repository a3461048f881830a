"""Addresses of the provider, below `/oai/`."""

from django.urls import path, re_path

from oai import views

app_name = "oai"
urlpatterns = [
    path("", views.list_contexts, name="contexts"),
    # Of a context that was asked with a slash behind it, browsers find the stylesheet below it.
    re_path(r"^(?:.+/)?static/(?P<name>.+)$", views.static_file, name="static"),
    path("<path:context>/", views.respond),  # as DSpace answers it too
    path("<path:context>", views.respond, name="context"),
]
