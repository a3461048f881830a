"""The page of an item, simple and full, and its tombstone."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from common.dates import utc_day
from identifiers import services as handles
from identifiers.providers import doi as dois
from repository.authorize import Actor, visible_to
from repository.models import Collection, Item
from search.documents import AUTHOR_FIELDS
from ui import meta_tags, records
from ui.access import actor_of, tombstone_or_404
from ui.files import CONTENT_BUNDLE, files_of, overall_access
from ui.places import Step, steps, way_to


@require_safe
def item_by_id(request: HttpRequest, object_id: UUID) -> HttpResponse:
    """Show an item by its UUID."""
    return item_page(request, object_id, handles.handle_of(object_id))


def item_page(request: HttpRequest, item_id: UUID, handle: str | None) -> HttpResponse:
    """Show an item, its tombstone (410) when it was withdrawn, or the 404 page to who may not know of it."""
    actor = actor_of(request)
    item = visible_to(actor, Item.objects.filter(pk=item_id)).first()
    if item is None:
        return tombstone_or_404(request, Item, item_id)
    full = request.GET.get("show") == "full"
    context = _context(actor, item, handle) | {"full": full}
    if full:
        context["rows"] = records.full_record(records.shown(actor, item.md))
    return render(request, "ui/item_full.html" if full else "ui/item.html", context)


def _context(actor: Actor, item: Item, handle: str | None) -> dict[str, object]:
    md = records.shown(actor, item.md)
    files = files_of(actor, item, handle, on=utc_day(timezone.now()))
    access, until = overall_access(files)
    url = records.item_url(item, handle)
    collections = list(visible_to(actor, Collection.objects.filter(memberships__item=item)))
    way = [place for owner in collections if owner.pk == item.owning_collection_id for place in way_to(actor, owner)]
    found = handles.handles_of(place.pk for place in {*collections, *way})
    people = [value for name in AUTHOR_FIELDS for value in md.get(name)]
    return {
        "item": item,
        "md": md,
        "title": next(iter(md.get("dc.title")), None),
        "authors": people[: records.MAX_AUTHORS_ON_PAGE],
        "more_authors": len(people) - records.MAX_AUTHORS_ON_PAGE,
        "date": md.first("dc.date.issued") or "",
        "abstracts": md.get("dc.description.abstract"),
        "subjects": records.subjects(md),
        "facts": records.facts(md),
        "files": [file for file in files if file.bundle == CONTENT_BUNDLE],
        "other_files": [file for file in files if file.bundle != CONTENT_BUNDLE and file.readable],
        "access": access,
        "until": until,
        "citation": records.citation(md),
        "handle_url": handles.canonical_url(handle) if handle else "",
        "doi": dois.of_item(item.pk),
        "administers_dois": actor.is_admin and dois.is_on(),
        "page_url": url,
        "canonical": meta_tags.absolute(url),
        "tags": meta_tags.head_tags(md, meta_tags.absolute(url), files),
        "collections": steps(sorted(collections, key=lambda place: place.name.casefold()), found),
        "trail": [*steps(way, found), Step(md.first("dc.title") or str(item.pk))],
    }
