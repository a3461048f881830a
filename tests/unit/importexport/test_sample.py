"""The sample archive loads once, and is what the first visitor should see."""

from collections.abc import Callable
from datetime import date

from django.test import Client

from oai import running
from oai.models import Clock, Membership
from repository.authorize import ANONYMOUS, visible_to
from repository.models import Bitstream, Collection, Community, EPerson, Item
from tests import factories
from tests.unit.importexport.conftest import Ran


def test_the_sample_loads_into_an_empty_repository_and_never_again(run: Callable[..., Ran]) -> None:
    assert "29 sample items loaded" in run("load-sample").out
    assert (Community.objects.count(), Collection.objects.count(), Item.objects.count()) == (5, 9, 29)
    assert "no sample" in run("load-sample").out
    assert Item.objects.count() == 29


def test_it_has_something_of_everything(run: Callable[..., Ran]) -> None:
    run("load-sample")
    assert Item.objects.filter(withdrawn=True).count() == 1
    assert {c.name for c in Community.objects.filter(logo__isnull=False)} == {
        "University Library",
        "Marine Observatory",
    }
    assert Collection.objects.filter(logo__isnull=False).count() == 1
    assert sum(i.memberships.count() > 1 for i in Item.objects.all()) == 2
    formats = set(Bitstream.objects.values_list("format__short_description", flat=True))
    assert {"Adobe PDF", "JPEG", "image/png", "Text"} <= formats
    languages = {i.md.first("dc.language.iso") for i in Item.objects.all()}
    assert {"en", "el", "ru", "ar", "zh", "ja", "fr"} <= languages
    assert max(len(i.md.values("dc.contributor.author")) for i in Item.objects.all()) == 24


def test_strangers_may_not_open_what_is_closed(run: Callable[..., Ran]) -> None:
    run("load-sample")
    open_to_all = visible_to(ANONYMOUS, Bitstream.objects.exclude(bundle=None), now=factories.NOW)
    closed = {b.name for b in Bitstream.objects.exclude(bundle=None)} - {b.name for b in open_to_all}
    assert closed == {"thesis-sharma.pdf", "transcripts.txt", "tide-clock.pdf"}
    later = factories.NOW.replace(year=2031)
    assert date(2031, 1, 1) <= later.date()
    assert "thesis-sharma.pdf" in {b.name for b in visible_to(ANONYMOUS, Bitstream.objects.all(), now=later)}
    assert EPerson.objects.count() == 0


def test_harvesters_find_records_in_every_context_and_format(run: Callable[..., Ran], client: Client) -> None:
    run("load-sample")
    run("oai", "import")
    Membership.objects.update(datestamp=factories.NOW)  # what was just published is listed in a second
    Clock.objects.update(last=factories.NOW, whole_from=factories.NOW)
    for context in running.current().contexts.values():
        for offered in context.formats:
            address = f"/oai/{context.name}?verb=ListRecords&metadataPrefix={offered.prefix}"
            assert client.get(address).content.count(b"<record>") >= 1, address
    found = client.get("/oai/driver?verb=ListRecords&metadataPrefix=oai_dc").content
    assert found.count(b"<record>") == 2
