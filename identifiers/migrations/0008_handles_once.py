"""Handles that differ in the case of ASCII letters only are refused from now on.

Where there are some already they stay, each leading where it led: all but the first of them are numbered as twins.
"""

import logging
from typing import Any

from django.db import migrations, models

log = logging.getLogger(__name__)

_NUMBER = """
UPDATE identifiers_handle SET twin = numbered.twin FROM (
    SELECT id, row_number() OVER (PARTITION BY UPPER(handle COLLATE "C") ORDER BY id) - 1 AS twin
    FROM identifiers_handle WHERE handle ~ '[A-Za-z]'
) numbered WHERE numbered.id = identifiers_handle.id AND numbered.twin > 0 RETURNING handle
"""


def number_twins(apps: Any, editor: Any) -> None:
    """Number the twins that are there, and say which they are."""
    with editor.connection.cursor() as cursor:
        cursor.execute(_NUMBER)
        for (handle,) in cursor.fetchall():
            log.warning("Handle %s differs in case only from an older one: resolvers may take it for that", handle)


class Migration(migrations.Migration):

    dependencies = [
        ("identifiers", "0007_doi_registered"),
    ]

    operations = [
        migrations.AddField(
            model_name="handle",
            name="twin",
            field=models.SmallIntegerField(
                db_default=0,
                default=0,
                help_text="above 0: differs in case only from one before it, as was possible once",
            ),
        ),
        migrations.RunPython(number_twins, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="handle",
            constraint=models.UniqueConstraint(
                models.Func(
                    models.F("handle"), output_field=models.TextField(), template='UPPER(%(expressions)s COLLATE "C")'
                ),
                models.F("twin"),
                condition=models.Q(("handle__regex", "[A-Za-z]")),
                name="handle_folded_once",
            ),
        ),
        migrations.RemoveIndex(model_name="handle", name="handle_folded"),
    ]
