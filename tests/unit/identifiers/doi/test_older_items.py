"""Items of a time when there were no DOIs here: those that have none, and those that nobody followed."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from identifiers import services
from identifiers.doi.states import State
from identifiers.models import DOI
from repository.authorize import SYSTEM
from repository.constants import ANONYMOUS_GROUP, Action
from repository.metadata import Value
from repository.models import Item, Mark
from repository.services import editing, items, policies
from tests import factories
from tests.factories import NOW, md
from tests.unit.identifiers.doi.conftest import BASE, PROVIDERS, doi_of, everything, follow, organise, state_of

pytestmark = pytest.mark.django_db

HANDLES_ONLY = PROVIDERS.partition(",")[0]


@pytest.fixture
def switch(settings, configure, agency):
    """Switches DOIs off or on, as a restart with another configuration does."""

    def switch(on: bool) -> None:
        configure({"identifier.providers": PROVIDERS if on else HANDLES_ONLY})
        settings.CHANGE_CONSUMERS = {"doi": "identifiers.services.follow_changes"} if on else {}

    return switch


def given(**fields: str) -> Item:
    return factories.item(metadata=md(dc_title="Owls", dc_contributor_author="Ørsted", dc_date_issued="2024", **fields))


def embargoed_until(item: Item, day: date) -> None:
    specs = [policies.PolicySpec(Action.READ, group_id=ANONYMOUS_GROUP, start_date=day)]
    policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=specs, now=NOW)


def test_what_changed_while_dois_were_off_is_noticed_by_a_review(agency, switch):
    edited, withdrawn, deleted, same = (factories.item(name) for name in ("Edited", "Withdrawn", "Deleted", "Same"))
    assert everything().code == 0
    follow()
    dois = {item: doi_of(item).doi for item in (edited, withdrawn, deleted, same)}
    switch(False)
    patch = editing.Patch(replace={"dc.title": [Value("Edited in the dark")]})
    editing.edit_metadata(acting_user=SYSTEM, obj=edited, patch=patch, now=NOW)
    items.withdraw(acting_user=SYSTEM, item=withdrawn, now=NOW)
    items.expunge(acting_user=SYSTEM, item=deleted, now=NOW)
    switch(True)
    run = organise("--review-all")
    assert run.code == 0
    assert run.out == "4 items that have a DOI were looked at; 3 DOIs wait for the agency.\n"
    agency.calls.clear()
    assert everything().code == 0
    assert dois[same] not in {doi for _, doi in agency.calls}
    known = {item: agency.dois[doi.upper()] for item, doi in dois.items()}
    assert "Edited in the dark" in known[edited].metadata
    assert {item: found.state for item, found in known.items() if found.state != "findable"} == {
        withdrawn: "registered",
        deleted: "registered",
    }


def test_another_publisher_is_told_by_a_review(agency, configure):
    item = factories.item()
    everything()
    configure({"crosswalk.dissemination.DataCite.publisher": "New University"})
    organise("--review-all", "-u")
    assert ">New University</" in agency.dois[doi_of(item).doi.upper()].metadata


def test_a_review_marks_the_days_to_come(agency, switch):
    item = factories.item()
    everything()
    switch(False)
    closing = timezone.now().date() + timedelta(days=30)
    specs = [policies.PolicySpec(Action.READ, group_id=ANONYMOUS_GROUP, end_date=closing)]
    policies.replace_policies(acting_user=SYSTEM, obj=item, action=Action.READ, specs=specs, now=NOW)
    switch(True)
    for _ in range(2):
        organise("--review-all", "-q")
    [mark] = Mark.objects.filter(consumer="doi", object_id=item.pk, due__gt=timezone.now())
    assert mark.due == datetime.combine(closing + timedelta(days=1), datetime.min.time(), UTC)


def test_an_embargo_of_a_time_without_dois_ends_all_the_same(agency, switch, monkeypatch):
    switch(False)
    item = factories.item()
    embargoed_until(item, date(2100, 1, 1))
    switch(True)
    services.service().register(item.pk, 2)
    everything()
    assert state_of(item) == State.PENDING
    Mark.objects.all().delete()
    monkeypatch.setattr(timezone, "now", lambda: datetime(2100, 1, 1, 1, tzinfo=UTC))
    assert everything().code == 0
    assert state_of(item) == State.IS_REGISTERED


def test_older_items_get_dois_when_somebody_agrees(agency, switch, monkeypatch):
    switch(False)
    plain, foreign, embargoed, withdrawn = (
        factories.item("Plain"),
        given(dc_identifier_doi="10.1000/182"),
        factories.item("Embargoed"),
        factories.item("Withdrawn"),
    )
    embargoed_until(embargoed, date(2100, 1, 1))
    items.withdraw(acting_user=SYSTEM, item=withdrawn, now=NOW)
    switch(True)
    counted = (
        "1 archived items have a DOI of somebody else and keep to that.\n"
        "2 archived items have no DOI and get one, TO_BE_REGISTERED.\n"
    )
    assert organise("--mint-all", "--dry-run").out == counted
    monkeypatch.setattr("builtins.input", lambda: "n")
    assert "Nothing has been changed." in organise("--mint-all").out
    assert not DOI.objects.exists()
    run = organise("--mint-all", "--yes")
    assert run.code == 0
    assert "2 items have a DOI now" in run.out
    assert (state_of(plain), state_of(embargoed)) == (State.TO_BE_REGISTERED, State.PENDING)
    assert Mark.objects.filter(consumer="doi", object_id=embargoed.pk, due__gt=NOW).exists()
    assert DOI.objects.count() == 2
    assert organise("--mint-all", "--yes").out.endswith("There are no archived items that lack a DOI.\n")
    assert everything().code == 0
    assert state_of(plain) == State.IS_REGISTERED
    assert foreign.pk not in set(DOI.objects.values_list("object_id", flat=True))


def test_nobody_there_to_answer_is_a_no(agency, switch, monkeypatch):
    switch(False)
    factories.item()
    switch(True)

    def nobody() -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)
    assert organise("--mint-all").code == 0
    assert not DOI.objects.exists()


def test_older_items_of_one_collection(agency, switch):
    switch(False)
    shelf = factories.collection()
    inside, outside = factories.item("Inside", within=shelf), factories.item("Outside")
    switch(True)
    assert organise("--mint-all", "--yes", "--within", services.handle_of(shelf.pk)).code == 0
    assert state_of(inside) == State.TO_BE_REGISTERED
    assert not DOI.objects.filter(object_id=outside.pk).exists()
    community = services.handle_of(factories.collection().community_id)
    assert "no archived items" in organise("--mint-all", "--yes", "--within", community).out
    for nothing in ("10673/0", services.handle_of(outside.pk)):
        run = organise("--mint-all", "--yes", "--within", nothing)
        assert run.code == 2
        assert nothing in run.err


def test_an_item_that_has_its_doi_in_its_metadata_keeps_it(agency, switch):
    """As after a move from another DSpace."""
    switch(False)
    switch(True)
    far = int(doi_of(factories.item()).doi.rpartition("-")[2]) + 900
    DOI.objects.all().delete()
    switch(False)
    item = given(dc_identifier_uri=f"http://dx.doi.org/10.12345/repo-{far}")
    double = given(dc_identifier_uri=f"https://doi.org/10.12345/repo-{far}")
    Item.objects.exclude(pk__in=[item.pk, double.pk]).update(in_archive=False, withdrawn=True)
    switch(True)
    run = organise("--mint-all", "--yes")
    assert run.code == 1
    [row] = DOI.objects.all()
    assert row.doi == f"10.12345/repo-{far}"
    refused = ({item.pk, double.pk} - {row.object_id}).pop()
    assert f"item {refused}: 10.12345/repo-{far} is already the DOI of another item" in run.err
    assert doi_of(factories.item()).doi == f"10.12345/repo-{far + 1}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--within", "1/2"], "--within goes with --mint-all"),
        (["-r", "--dry-run"], "--dry-run goes with --mint-all"),
        (["--mint-all", "--dry-run", "-r"], "nothing else is tried out"),
    ],
)
def test_options_that_mean_nothing_together_end_with_2(agency, arguments, said):
    run = organise(*arguments)
    assert run.code == 2
    assert said in run.err
    assert organise("--mint-all", "-q").code == 2


def test_where_archived_items_are_to_get_none_nor_do_older_ones(agency, configure):
    configure(BASE | {"identifier.doi.on_archive": "none"})
    factories.item()
    run = organise("--mint-all", "--yes")
    assert run.code == 2
    assert "identifier.doi.on_archive" in run.err


def test_versions_have_room(agency):
    """A DOI with `.2` behind it is one of ours: nobody is given it, and an import may bring it along."""
    first = factories.item()
    doi = doi_of(first).doi
    second = given(dc_identifier_doi=f"{doi}.2")
    assert doi_of(second).doi == f"{doi}.2"
    assert "." not in doi_of(factories.item()).doi.partition("/")[2]
