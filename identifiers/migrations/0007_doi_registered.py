"""Whether the agency has said that a DOI is registered; that it was asked to register it is something else."""

from django.db import migrations, models

FILL = "UPDATE identifiers_doi SET registered = true WHERE told <> '' AND sent_visible IS NOT NULL AND state IN (3, 6)"


class Migration(migrations.Migration):

    dependencies = [
        ("identifiers", "0006_doi_may_be_known"),
    ]

    operations = [
        migrations.AddField(
            model_name="doi",
            name="registered",
            field=models.BooleanField(
                db_default=False, default=False, help_text="the agency has said that it is registered"
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
