"""By what copies in another system know the store, and when a publisher last was at work."""

from django.db import migrations, models
from django.db.models.functions import Now

# What Solr has stays good: until now it knew the store by this moment.
KNOWN = "UPDATE oai_clock SET copies_since = earliest"


class Migration(migrations.Migration):
    dependencies = [("oai", "0007_failures")]
    operations = [
        migrations.AddField("clock", "copies_since", models.DateTimeField(db_default=Now())),
        migrations.AddField("clock", "last_run", models.DateTimeField(null=True)),
        migrations.RunSQL(KNOWN, migrations.RunSQL.noop),
    ]
