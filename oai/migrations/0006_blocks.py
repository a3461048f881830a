"""Lists are counted in blocks, by triggers: whoever writes a header, how many there are between two dates is known."""

from django.db import migrations, models

# Rows of a table `headers` by the blocks they are in. A statement writes few datestamps, and each is looked up once.
_BY_BLOCK = """
    SELECT view, spec, coalesce(after, '0001-01-01 00:00+00') AS after, sum(headers) AS headers FROM (
        SELECT view, spec, count(*) AS headers, (
            SELECT max(after) FROM oai_block b
            WHERE b.view = h.view AND b.spec = h.spec AND b.after < h.datestamp
        ) AS after FROM {rows} h GROUP BY view, spec, datestamp
    ) AS stamped GROUP BY view, spec, after
"""
_OUT, _IN = _BY_BLOCK.format(rows="old_headers"), _BY_BLOCK.format(rows="new_headers")

# A block begins behind the newest datestamp that its list had: publishers stamp later than that, or a second time with
# the same datestamp, which belongs to the block before.
COUNT = f"""
CREATE TABLE oai_block (
    view text NOT NULL,
    spec text NOT NULL,
    after timestamptz NOT NULL,
    headers bigint NOT NULL,
    PRIMARY KEY (view, spec, after)
);
CREATE FUNCTION oai_block_size() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2000';

CREATE FUNCTION oai_count() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    list record;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE oai_block b SET headers = b.headers - gone.headers FROM ({_OUT}) AS gone
        WHERE b.view = gone.view AND b.spec = gone.spec AND b.after = gone.after;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        FOR list IN
            WITH counted AS (
                INSERT INTO oai_block AS b (view, spec, after, headers) {_IN}
                ON CONFLICT (view, spec, after) DO UPDATE SET headers = b.headers + excluded.headers
                RETURNING view, spec, after, headers
            )
            SELECT view, spec FROM counted c WHERE headers >= oai_block_size() AND NOT EXISTS (
                SELECT FROM oai_block later WHERE later.view = c.view AND later.spec = c.spec AND later.after > c.after
            )
        LOOP
            DELETE FROM oai_block b WHERE b.view = list.view AND b.spec = list.spec AND b.headers = 0
            AND b.after > '0001-01-01 00:00+00';
            INSERT INTO oai_block (view, spec, after, headers)
            SELECT list.view, list.spec, max(datestamp), 0 FROM oai_membership m
            WHERE m.view = list.view AND m.spec = list.spec;
        END LOOP;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER oai_count_new AFTER INSERT ON oai_membership REFERENCING NEW TABLE AS new_headers
FOR EACH STATEMENT EXECUTE FUNCTION oai_count();
CREATE TRIGGER oai_count_changed AFTER UPDATE ON oai_membership
REFERENCING OLD TABLE AS old_headers NEW TABLE AS new_headers FOR EACH STATEMENT EXECUTE FUNCTION oai_count();
CREATE TRIGGER oai_count_gone AFTER DELETE ON oai_membership REFERENCING OLD TABLE AS old_headers
FOR EACH STATEMENT EXECUTE FUNCTION oai_count();
"""
# Equal blocks for what was written at once, by other statements than the publisher's. Headers of one datestamp are in
# one block; many of them have one to themselves.
COUNT_ANEW = """
CREATE FUNCTION oai_count_anew(counted text) RETURNS void LANGUAGE sql AS $$
    DELETE FROM oai_block WHERE view = counted;
    INSERT INTO oai_block (view, spec, after, headers)
    SELECT counted, spec, lag(newest, 1, '0001-01-01 00:00+00') OVER (PARTITION BY spec ORDER BY newest), headers
    FROM (
        SELECT spec, max(datestamp) AS newest, sum(headers) AS headers FROM (
            SELECT spec, datestamp, headers,
                div(sum(headers) OVER (PARTITION BY spec ORDER BY datestamp) - headers / 2, oai_block_size()) AS place
            FROM (
                SELECT spec, datestamp, count(*) AS headers FROM oai_membership
                WHERE view = counted GROUP BY spec, datestamp
            ) AS stamped
        ) AS placed GROUP BY spec, place
    ) AS block;
$$;
SELECT oai_count_anew(view) FROM (SELECT DISTINCT view FROM oai_total) AS known;
DROP TABLE oai_total;
"""
BACKWARDS = """
CREATE TABLE oai_total (view text NOT NULL, spec text NOT NULL, headers bigint NOT NULL, PRIMARY KEY (view, spec));
INSERT INTO oai_total SELECT view, spec, sum(headers) FROM oai_block GROUP BY view, spec;
DROP TRIGGER oai_count_new ON oai_membership;
DROP TRIGGER oai_count_changed ON oai_membership;
DROP TRIGGER oai_count_gone ON oai_membership;
DROP FUNCTION oai_count();
DROP FUNCTION oai_count_anew(text);
DROP FUNCTION oai_block_size();
DROP TABLE oai_block;
"""


class Migration(migrations.Migration):
    dependencies = [("oai", "0005_new_lists")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(COUNT + COUNT_ANEW, BACKWARDS)],
            state_operations=[
                migrations.DeleteModel("Total"),
                migrations.CreateModel(
                    "Block",
                    [
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "view", "spec", "after", blank=True, editable=False, primary_key=True, serialize=False
                            ),
                        ),
                        ("view", models.TextField()),
                        ("spec", models.TextField()),
                        ("after", models.DateTimeField()),
                        ("headers", models.BigIntegerField()),
                    ],
                ),
            ],
        )
    ]
