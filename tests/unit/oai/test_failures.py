"""A record on which a stylesheet failed: when it is mended, those hear of it who harvested meanwhile."""

import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone
from lxml import etree

from identifiers.services import handle_of
from oai import tasks
from oai.models import Clock, Membership, Rendered
from oai.protocol import verbs
from oai.store import content, failures, maintenance
from repository import changes
from repository.authorize import SYSTEM
from repository.services import items
from tests import factories as make
from tests.unit.oai.conftest import OAI, Harvester, edit, look_again, oai_id
from tests.unit.oai.conftest import handle_of as handle_in

pytestmark = pytest.mark.django_db
STOP = '<xsl:if test="//*[. = \'Broken\']"><xsl:message terminate="yes">no</xsl:message></xsl:if>'


@pytest.fixture
def dim(own_folder):
    """Break the stylesheet of dim for records called Broken, or mend it; both give a stylesheet of other bytes."""
    sheet = own_folder / "metadataFormats/dim.xsl"
    text = sheet.read_text()
    number = [0]

    def change(*, fails):
        number[0] += 1
        stop = STOP if fails else ""
        changed, count = re.subn(r'(<xsl:template match="/[^>]*>)', rf"\1{stop}<!-- {number[0]} -->", text, count=1)
        assert count
        sheet.write_text(changed)
        look_again()

    return change


@pytest.fixture
def harvester(client):
    return Harvester(client, validating=False)


@pytest.fixture
def broken(publish, dim, harvester):
    """One of three records has no dim, and it is known: somebody has harvested all."""
    made = [make.item(title) for title in ("First", "Broken", "Third")]
    dim(fails=True)
    publish()
    tasks.follow_configuration()
    publish()
    assert listed(harvester) == {handle_of(made[0].pk), handle_of(made[2].pk)}
    return made[1]


def listed(harvester, **arguments):
    root = harvester.ask("ListRecords", metadataPrefix="dim", **arguments)
    return {handle_in(header) for header in root.iter(f"{OAI}header")}


def stamped(before):
    now = stamps()
    return {item for item, _ in before if any(now[key] > before[key] for key in before if key[0] == item)}


def stamps():
    rows = Membership.objects.filter(view="request").values_list("record__item", "spec", "datestamp")
    return {(item, spec): stamp for item, spec, stamp in rows}


def oai(*arguments):
    call_command("oai", *arguments, stdout=StringIO())


def by_beat():
    tasks.follow_configuration()


def by_command():
    oai("import")


def by_rebuild():
    oai("import", "-c")


@pytest.mark.parametrize("way", [by_beat, by_command, by_rebuild])
def test_a_mended_record_is_new_and_it_alone(broken, dim, harvester, way):
    before = stamps()
    dim(fails=False)
    way()
    assert stamped(before) == {broken.pk}
    after = stamps()
    way()
    assert stamps() == after


def test_a_harvester_that_comes_back_for_changes_gets_it(broken, dim, harvester, publish):
    dim(fails=False)
    since = harvester.ask("Identify").findtext(f"{OAI}responseDate")
    tasks.follow_configuration()
    Membership.objects.exclude(record__item=broken.pk).update(datestamp=timezone.now() - timezone.timedelta(hours=1))
    Membership.objects.filter(record__item=broken.pk).update(datestamp=timezone.now().replace(microsecond=0))
    assert listed(harvester, from_=since) == {handle_of(broken.pk)}


def test_one_that_still_fails_stays_away_with_its_datestamp(broken, dim, harvester):
    before = stamps()
    dim(fails=True)
    tasks.follow_configuration()
    assert stamps() == before
    assert handle_of(broken.pk) not in listed(harvester)
    dim(fails=False)
    tasks.follow_configuration()
    assert stamped(before) == {broken.pk}


@pytest.mark.parametrize(
    "action", [["clean-cache"], ["import"], ["import", "-c"], ["erase-compiled-items"]], ids=" ".join
)
def test_it_is_not_forgotten_whatever_is_thrown_away(broken, dim, harvester, publish, action):
    before = stamps()
    oai(*action)
    oai("clean-cache")
    assert stamps() == before
    dim(fails=False)
    oai(*action)
    tasks.follow_configuration()
    assert stamped(before) == {broken.pk}
    publish()
    assert handle_of(broken.pk) in listed(harvester)
    assert not Rendered.objects.filter(body="").exists()


def test_it_is_found_without_looking_at_all_texts(broken, django_assert_max_num_queries):
    tasks.follow_configuration()
    with django_assert_max_num_queries(5):
        tasks.follow_configuration()


def meanwhile(monkeypatch, work):
    """Have `work` done once while a run that looks for mended records renders them."""
    waiting, real = [work], content.render_and_keep

    def render_and_keep(*arguments):
        while waiting:
            waiting.pop()()
        real(*arguments)

    monkeypatch.setattr(content, "render_and_keep", render_and_keep)


def test_two_runs_at_once_announce_it_once(broken, dim, publish, monkeypatch):
    dim(fails=False)
    before, during = stamps(), {}

    def another_run():
        by_beat()
        assert stamped(before) == {broken.pk}
        publish()  # which puts all stamps back
        during.update(stamps())

    meanwhile(monkeypatch, another_run)
    by_beat()
    assert during
    assert stamps() == during


def test_one_that_was_edited_meanwhile_is_not_announced_once_more(broken, dim, harvester, publish, monkeypatch):
    dim(fails=False)
    during = {}

    def edit_it():
        edit(broken, dc_title="Whole")
        publish()
        assert handle_of(broken.pk) in listed(harvester)
        during.update(stamps())

    meanwhile(monkeypatch, edit_it)
    by_beat()
    assert during
    assert stamps() == during


def test_one_that_failed_twice_is_announced_once(broken, dim, harvester):
    """The note of it outlives `clean-cache`, and is there once when the stylesheet fails again."""
    oai("clean-cache")
    listed(harvester)
    assert Rendered.objects.filter(body="").count() == 2
    dim(fails=False)
    assert failures.announce_mended() == 1


def test_a_format_taken_away_and_put_back_mended_announces_it(broken, dim, harvester, own_folder, publish):
    before = stamps()
    path = own_folder / "xoai.xml"
    text = path.read_text()
    path.write_text(text.replace('<Format ref="dim"/>', ""))
    look_again()
    tasks.follow_configuration()
    oai("import")
    path.write_text(text)
    dim(fails=False)
    tasks.follow_configuration()
    changes.run_all("oai", now=timezone.now)
    assert stamped(before) == {broken.pk}


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ('<Format (id|ref)="dim"', r'<Format \1="otherdim"'),
        ('(<Context baseurl="request".*?>)', r'\1<Transformer ref="driverTransformer"/>'),
    ],
    ids=["another id", "a transformer"],
)
def test_it_is_not_forgotten_when_the_stylesheet_is_another_by_xoai_xml(broken, dim, own_folder, written, instead):
    before = stamps()
    path = own_folder / "xoai.xml"
    text, count = re.subn(written, instead, path.read_text())
    assert count
    path.write_text(text)
    dim(fails=False)
    tasks.follow_configuration()
    changes.run_all("oai", now=timezone.now)
    assert stamped(before) == {broken.pk}


def test_one_that_fails_while_texts_are_thrown_away_is_not_forgotten(publish, dim, harvester, monkeypatch):
    made = [make.item(title) for title in ("Whole", "Broken")]
    dim(fails=True)
    tasks.follow_configuration()
    publish()
    before, delete = stamps(), maintenance._in_pieces

    def asked_for_meanwhile(*arguments):
        assert listed(harvester) == {handle_of(made[0].pk)}
        return delete(*arguments)

    monkeypatch.setattr(maintenance, "_in_pieces", asked_for_meanwhile)
    oai("clean-cache")
    dim(fails=False)
    tasks.follow_configuration()
    assert stamped(before) == {made[1].pk}


def test_an_item_that_changes_and_changes_back_is_not_forgotten(broken, dim, publish):
    oai("erase-compiled-items")
    for title in ("Whole", "Broken"):
        edit(broken, dc_title=title)
    publish()
    before = stamps()
    dim(fails=False)
    tasks.follow_configuration()
    assert stamped(before) == {broken.pk}


def tokens(client, own_folder, size, verb="ListRecords"):
    """Return cursor and completeListSize of each page of a list."""
    path = own_folder / "xoai.xml"
    path.write_text(re.sub(r'(maxList\w+Size)="100"', rf'\1="{size}"', path.read_text()))
    look_again()
    found, address = [], f"/oai/request?verb={verb}&metadataPrefix=dim"
    while address:
        response = client.get(address)
        assert response.status_code == 200
        token = etree.fromstring(response.content).find(f".//{OAI}resumptionToken")
        found.append((int(token.get("cursor")), int(token.get("completeListSize"))))
        address = token.text and f"/oai/request?verb={verb}&resumptionToken={token.text}"
    return found


@pytest.fixture
def five(publish, dim, harvester, request):
    """Five records, some of them broken, in the order of their datestamps; all were asked for once."""
    for title in request.param:
        make.item(title)
        changes.run_all("oai", now=timezone.now)
    dim(fails=True)
    tasks.follow_configuration()
    publish()
    listed(harvester)


@pytest.mark.parametrize(
    "five", [["Broken", "1", "2", "Broken", "3"], ["1", "2", "Broken", "Broken", "3"]], indirect=True
)
@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
def test_lists_count_what_they_show(five, client, own_folder, verb):
    assert tokens(client, own_folder, 1, verb) == [(0, 3), (1, 3), (2, 3)]


@pytest.mark.parametrize("five", [["1", "2", "3", "Broken", "Broken"]], indirect=True)
def test_a_list_whose_rest_has_no_such_format_ends(five, client, own_folder):
    assert tokens(client, own_folder, 2)[0] == (0, 3)


@pytest.mark.parametrize("five", [["Broken", "Broken", "Broken", "1", "2"]], indirect=True)
def test_whoever_would_wait_long_for_the_first_record_is_asked_to_come_back(five, client, own_folder, monkeypatch):
    assert tokens(client, own_folder, 1) == [(0, 2), (1, 2)]
    monkeypatch.setattr(verbs, "PATIENCE", -1.0)
    response = client.get("/oai/request?verb=ListRecords&metadataPrefix=dim")
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert b"<header>" in client.get("/oai/request?verb=ListRecords&metadataPrefix=oai_dc").content


@pytest.mark.parametrize("verb", ["ListRecords", "ListIdentifiers"])
def test_a_list_that_learns_of_failures_as_it_goes_says_at_its_end_how_many_there_were(
    publish, dim, client, own_folder, verb
):
    for title in ("1", "Broken", "2", "Broken", "3"):
        make.item(title)
        changes.run_all("oai", now=timezone.now)
    dim(fails=True)
    publish()
    records = [(0, 4), (1, 4), (2, 3)]  # the first page has found one
    assert tokens(client, own_folder, 2, verb) == (records if verb == "ListRecords" else [(0, 5), (2, 5), (4, 5)])


@pytest.mark.parametrize("deleted", [False, True])
def test_what_is_not_in_a_format_is_in_none_of_its_answers(broken, dim, harvester, publish, deleted):
    if deleted:
        items.withdraw(acting_user=SYSTEM, item=broken, now=timezone.now())
        publish()
    identifier, shown = oai_id(handle_of(broken.pk)), deleted
    root = harvester.ask("ListMetadataFormats", identifier=identifier)
    prefixes = [e.text for e in root.iter(f"{OAI}metadataPrefix")]
    errors = harvester.errors("GetRecord", identifier=identifier, metadataPrefix="dim")
    assert ("dim" in prefixes, errors) == (shown, [] if shown else ["cannotDisseminateFormat"])
    assert "oai_dc" in prefixes
    for verb in ("ListRecords", "ListIdentifiers"):
        root = harvester.ask(verb, metadataPrefix="dim")
        found = {handle_in(header) for header in root.iter(f"{OAI}header")}
        assert (handle_of(broken.pk) in found) == shown
        assert len(found) == 2 + shown


def test_formats_of_a_record_are_those_that_it_has_whoever_asked_before(publish, dim, harvester):
    item = make.item("Broken")
    dim(fails=True)
    publish()
    root = harvester.ask("ListMetadataFormats", identifier=oai_id(handle_of(item.pk)))
    prefixes = {e.text for e in root.iter(f"{OAI}metadataPrefix")}
    assert {"oai_dc", "mets"} < prefixes
    assert "dim" not in prefixes


def test_one_record_that_fails_alone_keeps_nobody_waiting(broken, client, publish):
    since = timezone.now() + timezone.timedelta(hours=1)
    Membership.objects.filter(record__item=broken.pk).update(datestamp=since)
    address = f"/oai/request?verb=ListRecords&metadataPrefix=dim&from={since:%Y-%m-%dT%H:%M:%SZ}"
    Clock.objects.update(last=since)
    assert client.get(address).status_code == 200
