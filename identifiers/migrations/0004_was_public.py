"""Whether an object was ever public. Of what is gone already nobody knows: it stays False, and its page becomes a 404."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("identifiers", "0003_doi"),
    ]

    operations = [
        migrations.AddField(
            model_name="handle",
            name="was_public",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="everybody could see the object before it was hidden, or went",
            ),
        ),
    ]
