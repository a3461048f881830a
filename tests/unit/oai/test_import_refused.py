"""What a running provider refuses, `oai import` and beat's task refuse too, though each begins with nothing better."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from oai import running
from oai.models import Clock
from oai.tasks import follow_configuration
from repository.models import Mark
from tests import factories as make
from tests.unit.oai.test_configuration_mistakes import stylesheet

pytestmark = pytest.mark.django_db
ALWAYS_FAILS = "<xsl:template match='/'><xsl:message terminate='yes'>never</xsl:message></xsl:template>"


@pytest.fixture
def failing(publish, own_folder, monkeypatch):
    """A stylesheet that fails on any record, written after a record was published; this process has just begun."""
    make.item("One")
    publish()
    (own_folder / "metadataFormats" / "dim.xsl").write_text(stylesheet(ALWAYS_FAILS))
    monkeypatch.setattr(running, "_holder", running._Holder())
    return Clock.objects.get().configuration


@pytest.mark.parametrize("options", [["-c"], []])
def test_the_command_names_the_mistake_and_changes_nothing(failing, options):
    with pytest.raises(CommandError, match="tried on a simple record"):
        call_command("oai", "import", *options, stdout=StringIO())
    assert Clock.objects.get().configuration == failing
    assert not Mark.objects.filter(consumer="oai").exists()


def test_the_task_logs_it_once_and_keeps_what_there_is(failing, caplog):
    for _ in range(3):  # half a minute apart
        assert not follow_configuration()
    assert caplog.text.count("tried on a simple record, for /oai/request") == 1
    assert Clock.objects.get().configuration == failing
    assert not Mark.objects.filter(consumer="oai").exists()
