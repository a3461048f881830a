"""The clock begins to run; and texts are kept as they are sent."""

from django.db import migrations

# `earliest` is what Identify gives as earliestDatestamp: from the first minute, so that it never rises.
CLOCK = """
INSERT INTO oai_clock (id, last, earliest)
SELECT 1, moment, moment FROM (SELECT date_trunc('second', clock_timestamp())) AS start (moment)
"""

# A record of usual size stays in its row as plain text: unpacking it would cost more than sending it.
PLAIN_TEXT = "ALTER TABLE oai_rendered SET (toast_tuple_target = 8160)"
# Documents are read one by one, when a format is first asked for: beside the row; and not packed, for that took a
# third of the time of writing one.
PLAIN_DOCUMENTS = "ALTER TABLE oai_record ALTER COLUMN document SET STORAGE EXTERNAL"


class Migration(migrations.Migration):
    dependencies = [("oai", "0001_initial")]
    operations = [
        migrations.RunSQL(CLOCK, "DELETE FROM oai_clock"),
        migrations.RunSQL(PLAIN_TEXT, "ALTER TABLE oai_rendered RESET (toast_tuple_target)"),
        migrations.RunSQL(PLAIN_DOCUMENTS, "ALTER TABLE oai_record ALTER COLUMN document SET STORAGE EXTENDED"),
    ]
