"""The consumer `doi` of change marks: what of the items that changed the agency must be told.

In: ids of items from the runner of marks, in its transaction; no network. Out: states, wanted visibility, digests of
the rows of these items. An item without a DOI is passed over. Fails: it raises, and the runner keeps the marks.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from identifiers import objects
from identifiers.doi import life, registry
from identifiers.doi.states import State
from identifiers.models import DOI
from identifiers.objects import Described

# An edit ends the pause of a DOI: what was refused may be right now.
_WRITE = """
UPDATE identifiers_doi d SET state = new.state, seen = new.seen, wanted_visible = new.visible, looks = d.looks + 1,
    last_error = CASE WHEN d.state = new.state THEN d.last_error ELSE '' END,
    tries = CASE WHEN d.seen = new.seen THEN d.tries ELSE 0 END,
    paused_until = CASE WHEN d.seen = new.seen THEN d.paused_until END
FROM unnest(%s::bigint[], %s::smallint[], %s::text[], %s::boolean[]) AS new (id, state, seen, visible)
WHERE d.id = new.id
"""


def follow(object_ids: Sequence[UUID], now: datetime) -> None:
    """Bring the DOIs of these objects up to date with what is true of the objects now; must run in a transaction.

    The rows are locked before the objects are read: a call that ends meanwhile sees that somebody looked.
    """
    rows = list(DOI.objects.select_for_update().filter(object_id__in=object_ids).order_by("id"))
    if not rows:
        return
    described = objects.describe_all([row.object_id for row in rows if row.object_id], now)
    wish = registry.wish()
    news = [(row.pk, *_news(row, described.get(row.object_id or UUID(int=0)), wish)) for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [list(column) for column in zip(*news, strict=True)])


def _news(row: DOI, described: Described | None, wish: State) -> tuple[int, str, bool | None]:
    """Return the state, the digest and the wanted visibility of a row."""
    state = life.look(row, described, wish)
    if described is None:
        return state, "", None
    return state, life.digest(described, state), described.visible
