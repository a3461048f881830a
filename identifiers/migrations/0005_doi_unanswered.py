"""How often in a row the agency has given no answer about a DOI: such DOIs come last in a run."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("identifiers", "0004_was_public"),
    ]

    operations = [
        migrations.AddField(
            model_name="doi",
            name="unanswered",
            field=models.IntegerField(db_default=0, default=0, help_text="calls in a row that got no answer"),
        ),
    ]
