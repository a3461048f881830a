"""Lists that are new in xoai.xml are withheld until they are whole; those that there are now are."""

from django.db import migrations, models

KNOWN = r"""
UPDATE oai_clock SET lists = (
    SELECT jsonb_agg(DISTINCT name) FROM (
        SELECT value AS name FROM jsonb_each_text(views)
        UNION ALL SELECT view || ' ' || spec FROM oai_total WHERE spec <> '' AND spec !~ '^(com|col)_'
    ) AS known
) WHERE views <> '{}'
"""


class Migration(migrations.Migration):
    dependencies = [("oai", "0004_views_known")]
    operations = [
        migrations.AddField("clock", "lists", models.JSONField(default=list, db_default=[])),
        migrations.AddField("clock", "new_lists", models.JSONField(default=list, db_default=[])),
        migrations.AddField("clock", "filled_by", models.BigIntegerField(null=True)),
        migrations.AddField("clock", "whole_from", models.DateTimeField(null=True)),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]
