"""What was about to be registered, and was never sent, is done with when its item is deleted."""

from django.db import migrations

from identifiers.doi import states


class Migration(migrations.Migration):

    dependencies = [
        ("identifiers", "0009_doi_deleted_again"),
    ]

    operations = [
        migrations.RunSQL(states.guard_sql(), migrations.RunSQL.noop),
    ]
