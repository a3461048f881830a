"""The few texts that stylesheets failed to make are found at once."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("oai", "0006_blocks")]
    operations = [
        migrations.AddIndex(
            "rendered",
            models.Index(fields=["rendition", "record"], name="oai_failed", condition=models.Q(body="")),
        )
    ]
