"""Lists that are new in xoai.xml are withheld until they are whole.

Those of a store that there is already are all taken for whole: which sets had no record yet, nothing tells.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("oai", "0004_views_known")]
    operations = [
        migrations.AddField("clock", "lists", models.JSONField(default=list, db_default=[])),
        migrations.AddField("clock", "new_lists", models.JSONField(default=list, db_default=[])),
        migrations.AddField("clock", "filled_by", models.BigIntegerField(null=True)),
        migrations.AddField("clock", "whole_from", models.DateTimeField(null=True)),
    ]
