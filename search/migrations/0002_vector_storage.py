"""Long vectors are kept beside the table uncompressed: ranking reads them all, and unpacking took longer than reading."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE search_entry ALTER COLUMN vector SET STORAGE EXTERNAL",
            "ALTER TABLE search_entry ALTER COLUMN vector SET STORAGE EXTENDED",
        ),
    ]
