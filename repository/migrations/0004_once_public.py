"""Withdrawn items that everybody could read keep their tombstones; where an embargo leaves a doubt they were hidden."""

from django.db import migrations

from repository.constants import ANONYMOUS_GROUP, Action

WITHDRAWN = f"""
UPDATE identifiers_handle SET was_public = TRUE WHERE object_id IN (
    SELECT i.id FROM repository_item i JOIN repository_resourcepolicy p ON p.item_id = i.id
    WHERE i.withdrawn AND p.action = {Action.READ.value} AND p.group_id = '{ANONYMOUS_GROUP}'
      AND p.start_date IS NULL AND p.end_date IS NULL
)
"""


class Migration(migrations.Migration):

    dependencies = [
        ("identifiers", "0004_was_public"),
        ("repository", "0003_numbers_and_indexes"),
    ]

    operations = [
        migrations.RunSQL(WITHDRAWN, migrations.RunSQL.noop),
    ]
