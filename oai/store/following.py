"""Follows what decides which records harvesters see, and where: xoai.xml, some settings, and the code itself.

In: the configuration of now, and the one that the clock remembers. Out: marks on all items; and where a format now has
a list of its own, or has it no more, that list as harvesters know it. Called every half minute by beat, by whoever
notices a changed xoai.xml (oai/service.py), and by `oai import`. Fails: the transaction is rolled back, the next call
does it.
"""

import hashlib
import logging

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from oai import running
from oai.configuration import Configuration
from oai.models import Clock
from oai.store import clock, filling
from oai.store.views import view_of
from repository import changes

log = logging.getLogger(__name__)

CONSUMER = "oai"
# To be raised whenever the code makes other records or headers of the same items: an upgrade then has all of them
# looked at again. What comes out equal stays as it is (oai/store/compiled.py says what is compared).
MADE_BY = 2
# Settings that change what harvesters see of items, beside xoai.xml.
_HIDING = "metadata.hide."
_SETTINGS = ("oai.identifier.prefix", "dspace.hostname", "oai.bitstream.baseUrl", "dspace.url")

_TWO = (
    "another process has another xoai.xml, other settings of the OAI provider, or another version of DSpace: each of"
    " the two has all items looked at again after the other, for ever. Make oai.config.dir, local.cfg and the version"
    " the same on all hosts, then restart them"
)

Views = dict[str, str]
"""The name of the view that a format is listed in, by context and prefix with a blank between."""

# Harvesters of a format that gets a filter know of all records of the context: those it leaves out must be deleted, and
# the others must not vanish before each was looked at.
_COPY = """
INSERT INTO oai_membership (record_id, view, spec, datestamp, deleted, digest, local_id, sets)
SELECT record_id, %(now)s, spec, datestamp, deleted, digest, local_id, sets FROM oai_membership WHERE view = %(before)s
ON CONFLICT (record_id, view, spec) DO UPDATE SET datestamp = greatest(oai_membership.datestamp, excluded.datestamp),
    deleted = excluded.deleted, digest = excluded.digest, sets = excluded.sets
"""
# Harvesters of a format that loses its filter have not heard of the records that it left out.
_ANNOUNCE = """
UPDATE oai_membership m SET datestamp = %(stamp)s WHERE view = %(now)s AND NOT deleted AND NOT EXISTS (
    SELECT FROM oai_membership known
    WHERE known.record_id = m.record_id AND known.view = %(before)s AND known.spec = '' AND NOT known.deleted
)
"""
# Much was written at once: the blocks of its list would be as long (oai/store/counting.py).
_COUNT_ANEW = "SELECT oai_count_anew(%s)"


# Of threads that see a change at once one takes it over.
_ONE_FOLLOWER = "SELECT pg_advisory_xact_lock(hashtext('oai_configuration'))"

_noted: Configuration | None = None  # what this process last saw taken over: another object when a file was written


def follow_configuration() -> bool:
    """If anything has changed since everything was looked at, mark everything; say whether this call did."""
    global _noted
    seen, differs = _look()
    if differs:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_ONE_FOLLOWER)
            seen, differs = _look()
            if differs:
                if seen is _noted:
                    log.warning(_TWO)
                begin_anew()
    if not differs:
        filling.end()  # in case that the last mark was of an item that can't be published
    _noted = seen
    return differs


def begin_anew() -> None:
    """Mark everything for the configuration of now."""
    with transaction.atomic():  # marks first, as the runner does: it has their lock when it sets the clock
        changes.mark_all(CONSUMER, now=timezone.now())
        _take_over_views()
        Clock.objects.update(configuration=_fingerprint(running.current(at_once=True)))


def _look() -> tuple[Configuration, bool]:
    """Return the configuration of now, and whether it is another than the one that everything was looked at by."""
    configuration = running.current(at_once=True)
    known = Clock.objects.first()  # none: nothing was ever published
    return configuration, known is not None and known.configuration != _fingerprint(configuration)


def _fingerprint(configuration: Configuration) -> str:
    """Return what changes with all that decides what harvesters see of items, and in which lists."""
    config = settings.DSPACE
    hidden = sorted(key for key in config.entries if key.startswith(_HIDING) and config.bool(key))
    said = [*hidden, *(f"{key} = {config.get(key)}" for key in _SETTINGS)]
    said += [f"made by {MADE_BY}", configuration.fingerprint]
    return hashlib.blake2b("\n".join(said).encode(), digest_size=16).hexdigest()


def _take_over_views() -> None:
    """Let harvesters of a format find, in the list it has now, what they know from the one before. In a transaction.

    Lists that are new are withheld until all that is now marked was looked at.
    """
    with connection.cursor() as cursor:
        clock.one_publisher(cursor)
        known = Clock.objects.first()
        if known is None:
            return
        settings = running.current(at_once=True)
        now = _views(settings)
        copied: dict[str, str] = {}
        for offered, view in now.items():
            before = known.views.get(offered, view)
            if before != view and view.startswith(f"{before}/"):
                cursor.execute(_COPY, {"now": view, "before": before})
                copied[view] = before
            elif before != view:
                cursor.execute(_ANNOUNCE, {"now": view, "before": before, "stamp": clock.next_stamp(cursor)})
            if before != view:
                cursor.execute(_COUNT_ANEW, [view])
    if copied:  # with their datestamps, which Solr was told of already, but for another list
        clock.mistrust_copies()
    Clock.objects.update(views=now)
    filling.begin(settings, copied)


def _views(settings: Configuration) -> Views:
    return {f"{c.name} {f.prefix}": view_of(c, f.prefix).name for c in settings.contexts.values() for f in c.formats}
