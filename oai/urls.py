"""Addresses of the provider, below `/oai/`."""

from django.urls import path

from oai import views

app_name = "oai"
urlpatterns = [
    path("", views.list_contexts, name="contexts"),
    path("static/<path:name>", views.static_file, name="static"),
    path("<path:context>", views.respond, name="context"),
]
