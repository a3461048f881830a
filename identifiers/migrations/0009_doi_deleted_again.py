"""A deleted DOI may have to be told of again: its address has changed."""

from django.db import migrations

from identifiers.doi import states


class Migration(migrations.Migration):

    dependencies = [
        ("identifiers", "0008_handles_once"),
    ]

    operations = [
        migrations.RunSQL(states.guard_sql(), migrations.RunSQL.noop),
    ]
