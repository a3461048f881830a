"""Addresses of the pages: DSpace's, so that links to an older repository go on working."""

from django.urls import path

from ui.views import accounts, bitstreams, browse, crawlers, dois, handles, health, home, items, places, search

urlpatterns = [
    path("", home.home, name="home"),
    path("community-list", places.community_list, name="community-list"),
    path("communities/<uuid:object_id>", places.community_by_id, name="community"),
    path("collections/<uuid:object_id>", places.collection_by_id, name="collection"),
    path("items/<uuid:object_id>", items.item_by_id, name="item"),
    path("bitstreams/<uuid:object_id>/download", bitstreams.by_id, name="download"),
    path("bitstream/handle/<str:prefix>/<str:suffix>/<path:name>", bitstreams.by_name),  # XMLUI
    path("bitstream/<str:prefix>/<str:suffix>/<int:sequence>/<path:name>", bitstreams.by_sequence, name="bitstream"),
    path("handle/<str:prefix>/<path:suffix>/browse", browse.browse_place, name="browse-place"),
    path("handle/<str:prefix>/<path:suffix>", handles.by_handle, name="handle"),
    path("browse", browse.browse, name="browse"),
    path("search", search.search, name="search"),
    path("discover", search.former_address),  # XMLUI
    path("simple-search", search.former_address),  # JSPUI
    path("search-filter", search.more_values, name="search-filter"),
    path("password-login", accounts.LogIn.as_view(), name="login"),
    path("logout", accounts.LogOut.as_view(), name="logout"),
    path("admin/dois", dois.dois, name="dois"),
    path("admin/dois/act", dois.act),
    path("robots.txt", crawlers.robots),
    path("favicon.ico", crawlers.favicon),
    path("health", health.health, name="health"),
]
