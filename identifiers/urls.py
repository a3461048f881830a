"""Addresses of the resolver, below `/handleresolver/` and `/json/hdlresolver/`."""

from django.urls import path

from identifiers import views

urlpatterns = [
    path("resolve/", views.resolve),
    path("resolve/<path:handle>", views.resolve),
    path("listprefixes", views.list_prefixes),
    path("listhandles/", views.list_handles),
    path("listhandles/<path:prefix>", views.list_handles),
]
