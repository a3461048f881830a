"""Pages of a list of 500,000 records, made of the records of a small batch by PostgreSQL itself."""

import statistics

from benchmarks import clients
from benchmarks.instance import Instance, load_generated
from benchmarks.report import report

ITEMS, COPIES = 2_000, 250
TIMES = 20  # each page is asked for so often
# Copy n of a record has its header n minutes earlier and `.n` behind its identifier. Its document is an erased one.
# Headers are counted all together at the end.
_FILL = f"""
INSERT INTO oai_record (item, local_id, deleted, digest, document, about)
SELECT gen_random_uuid(), local_id || '.' || n, false, digest, '', about
FROM oai_record, generate_series(1, {COPIES - 1}) AS n WHERE NOT deleted;
CREATE TEMPORARY TABLE copy AS
SELECT c.id, c.local_id, o.id AS original, split_part(c.local_id, '.', 2)::int * interval '1 minute' AS age
FROM oai_record c JOIN oai_record o ON o.local_id = split_part(c.local_id, '.', 1) WHERE c.id <> o.id;
INSERT INTO oai_rendered SELECT c.id, rendition_id, body FROM copy c JOIN oai_rendered t ON t.record_id = c.original;
ALTER TABLE oai_membership DISABLE TRIGGER USER;
INSERT INTO oai_membership (record_id, view, spec, datestamp, deleted, digest, local_id, sets)
SELECT c.id, view, spec, datestamp - age, deleted, digest, c.local_id, sets
FROM copy c JOIN oai_membership m ON m.record_id = c.original;
ALTER TABLE oai_membership ENABLE TRIGGER USER;
SELECT oai_count_anew(view) FROM (SELECT DISTINCT view FROM oai_membership) AS filled;
UPDATE oai_clock SET earliest = earliest - {COPIES} * interval '1 minute'
"""
_SPAN = f"""
SELECT to_char(min(datestamp) + {COPIES // 4} * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    to_char(max(datestamp) - {COPIES // 4} * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
FROM oai_membership WHERE view = 'request' AND spec = ''
"""
_SET = """
SELECT spec FROM oai_block WHERE view = 'request' AND spec LIKE 'col%' GROUP BY spec ORDER BY sum(headers) DESC LIMIT 1
"""


def measure() -> None:
    """First, middle and last pages: of everything, of a set, and of the half in the middle."""
    with Instance("oai500k", 8090) as instance:
        load = load_generated(instance, ITEMS)
        assert load.items == ITEMS, load
        instance.manage("oai", "import", "-c")
        _sql(instance, _FILL)
        instance.manage("oai", "import", "-o")  # as autovacuum would have it in a minute
        from_, until = _sql(instance, _SPAN).split()
        lists = {
            "everything": {},
            "a set": {"set": _sql(instance, _SET)},
            "from … until": {"from": from_, "until": until},
        }
        with instance.web():
            for name, arguments in lists.items():
                _measure_list(instance, name, arguments)


def _measure_list(instance: Instance, name: str, arguments: dict[str, str]) -> None:
    paths, records = [], 0
    for page in clients.pages(instance.port, **arguments):
        paths.append(page.path)
        records += page.body.count(b"<record>")
        assert len(paths) > 1 or b"completeListSize" in page.body
    for place, path in (("first", paths[0]), ("middle", paths[len(paths) // 2]), ("last", paths[-2])):
        times = clients.latencies(instance.port, [path] * TIMES)
        what = f"500,000 records: {name} ({records:,}), {place} page"
        report(f"{what}, median", statistics.median(times), "ms", 20, False)
        report(f"{what}, slowest of {TIMES}", max(times), "ms", 20, False)


def _sql(instance: Instance, statements: str) -> str:
    """Run SQL in the instance's database and return its last row, with blanks between."""
    code = f"""
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute({statements!r})
    print("ROW", *(cursor.fetchone() if cursor.description else ()))
"""
    printed = instance.manage("shell", "-c", code).output
    return printed.rpartition("ROW")[2].strip()
