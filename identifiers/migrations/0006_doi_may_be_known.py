"""Whether the agency may have a DOI from us; one that it has never heard of is deleted without asking it."""

from django.db import migrations, models

from identifiers.doi import states


class Migration(migrations.Migration):

    dependencies = [
        ("identifiers", "0005_doi_unanswered"),
    ]

    operations = [
        migrations.AddField(
            model_name="doi",
            name="may_be_known",
            field=models.BooleanField(
                db_default=True,
                default=True,
                help_text="the agency may have it: it was sent, or came along with an item",
            ),
        ),
        migrations.RunSQL(states.guard_sql(), migrations.RunSQL.noop),
    ]
