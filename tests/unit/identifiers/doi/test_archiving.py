"""Which DOI an item gets when it enters the archive."""

import re

import pytest

from identifiers import services
from identifiers.doi.states import State
from identifiers.models import DOI
from identifiers.services import IdentifierRefused
from repository.authorize import SYSTEM
from repository.models import Item, Mark
from repository.services import install, items
from tests import factories
from tests.factories import NOW, md
from tests.unit.identifiers.doi.conftest import doi_of, everything, follow, state_of

pytestmark = pytest.mark.django_db


def given(doi: str, field: str = "dc_identifier_doi", **kwargs):
    metadata = md(dc_title="Owls", dc_contributor_author="Ørsted, Åse", dc_date_issued="2024", **{field: doi})
    return factories.item(metadata=metadata, **kwargs)


def deposit(person, doi: str | None = None):
    """An item that its submitter archives, without a reviewer."""
    collection = factories.collection()
    fields = {"dc_identifier_doi": doi} if doi else {}
    item = install.create_item(
        acting_user=SYSTEM,
        collection=collection,
        metadata=md(dc_title="Owls", dc_contributor_author="Ørsted, Åse", dc_date_issued="2024", **fields),
        now=NOW,
    )
    actor = SYSTEM if person is None else factories.actor(person)
    return install.archive_item(acting_user=actor, item=item, now=NOW)


def test_without_the_provider_an_item_gets_no_doi_and_no_mark():
    item = factories.item()
    assert not DOI.objects.exists()
    assert not Mark.objects.filter(consumer="doi").exists()
    assert services.service().lookup(item.pk) == [services.handle_of(item.pk)]


def test_an_archived_item_gets_a_doi_to_be_registered(agency):
    for item in (factories.item(), deposit(None)):
        row = doi_of(item)
        assert re.fullmatch(r"10\.12345/repo-[1-9]\d*", row.doi)
        assert row.state == State.TO_BE_REGISTERED
        assert services.service().resolve(f"https://doi.org/{row.doi}") == item.pk
        assert services.service().lookup(item.pk) == [services.handle_of(item.pk), row.doi]
    assert agency.calls == []


def test_a_doi_minted_beforehand_is_registered_with_the_others(agency):
    item = install.create_item(
        acting_user=SYSTEM, collection=factories.collection(), metadata=md(dc_title="Owls"), now=NOW
    )
    [_, doi] = services.service().mint(item.pk, 2)
    assert state_of(item) == State.MINTED
    install.archive_item(acting_user=SYSTEM, item=item, now=NOW)
    assert (doi_of(item).doi, state_of(item)) == (doi, State.TO_BE_REGISTERED)


def test_reserve_or_none_by_setting(agency, configure):
    configure({"identifier.doi.on_archive": "reserve"})
    assert state_of(factories.item()) == State.TO_BE_RESERVED
    configure({"identifier.doi.on_archive": "none"})
    item = factories.item()
    assert not DOI.objects.filter(object_id=item.pk).exists()


def test_an_item_that_is_not_written_gets_no_doi(agency):
    collection = factories.collection()
    with pytest.raises(services.HandleTaken):
        factories.item(within=collection, handle=services.handle_of(collection.pk))
    assert not DOI.objects.exists()


def test_minting_passes_over_taken_numbers(agency):
    number = int(doi_of(factories.item()).doi.rpartition("-")[2])
    DOI.objects.create(doi=f"10.12345/REPO-{number + 1}", state=State.DELETED)
    assert doi_of(factories.item()).doi == f"10.12345/repo-{number + 2}"


def test_a_foreign_doi_is_kept_and_none_minted(agency, configure):
    item = given("https://doi.org/10.1000/182")
    assert not DOI.objects.exists()
    assert item.md.values("dc.identifier.doi") == ["https://doi.org/10.1000/182"]
    configure({"identifier.doi.beside-foreign": "true"})
    assert doi_of(given("10.1000/183")).state == State.TO_BE_REGISTERED


@pytest.mark.parametrize("field", ["dc_identifier_doi", "dc_identifier_uri"])
def test_an_import_with_its_doi_keeps_it_and_the_sequence_goes_on_behind(agency, field):
    far = int(doi_of(factories.item()).doi.rpartition("-")[2]) + 5000
    item = given(f"https://doi.org/10.12345/repo-{far}", field)
    assert doi_of(item).doi == f"10.12345/repo-{far}"
    assert doi_of(factories.item()).doi == f"10.12345/repo-{far + 1}"


def test_a_depositor_can_t_bring_a_doi_like_ours(agency):
    from repository.constants import Action
    from repository.models import Collection
    from repository.services import policies

    person = factories.eperson()
    item = install.create_item(
        acting_user=SYSTEM,
        collection=factories.collection(),
        metadata=md(dc_title="Owls", dc_identifier_doi="10.12345/repo-77"),
        now=NOW,
    )
    collection = Collection.objects.get(pk=item.owning_collection_id)
    spec = policies.PolicySpec(Action.ADD, eperson_id=person.pk)
    policies.add_policy(acting_user=SYSTEM, obj=collection, spec=spec, now=NOW)
    with pytest.raises(IdentifierRefused, match="only administrators"):
        install.archive_item(acting_user=factories.actor(person), item=item, now=NOW)
    assert not Item.objects.get(pk=item.pk).in_archive
    assert install.archive_item(acting_user=SYSTEM, item=item, now=NOW)
    assert doi_of(item).doi == "10.12345/repo-77"


@pytest.mark.parametrize("stuck", ["/", ".", "?x=1", "#a", "/?x", ".,"])
@pytest.mark.parametrize("spelling", ["{}", "doi:{}", "https://doi.org/{}"])
def test_a_doi_like_ours_is_known_whatever_is_stuck_to_it(agency, configure, stuck, spelling):
    item = given(spelling.format(f"10.12345/repo-77{stuck}"))
    assert doi_of(item).doi == "10.12345/repo-77"
    assert services.service().resolve(f"10.12345/repo-77{stuck}") == item.pk
    with pytest.raises(IdentifierRefused, match="another item"):
        given(f"10.12345/REPO-77{stuck}")
    configure({"identifier.doi.prefix": "10.99999"})
    with pytest.raises(IdentifierRefused, match="another item"):
        given(f"10.12345/repo-77{stuck}")


def test_a_doi_is_not_told_of_itself_whatever_is_stuck_to_it(agency):
    values = {"dc_title": "Owls", "dc_contributor_author": "A", "dc_date_issued": "2024", "dc_type": "Article"}
    factories.item(metadata=md(**values, dc_identifier_doi="10.12345/repo-77/", dc_identifier_uri="10.12345/repo-77?x"))
    assert everything().code == 0
    assert agency.dois["10.12345/REPO-77"].metadata.count("repo-77") == 1


@pytest.mark.parametrize("stuck", ["/", ".", "?x=1"])
@pytest.mark.parametrize("spelling", ["https://doi.org/{}", "doi:{}"])
def test_a_doi_is_noted_once_whatever_is_stuck_to_it(agency, stuck, spelling):
    brought = spelling.format(f"10.12345/REPO-77{stuck}")
    values = {"dc_title": "Owls", "dc_contributor_author": "A", "dc_date_issued": "2024", "dc_type": "Article"}
    item = factories.item(metadata=md(**values, dc_identifier_uri=brought))
    assert everything().code == 0
    noted = [text for text in Item.objects.get(pk=item.pk).md.values("dc.identifier.uri") if "/handle/" not in text]
    assert noted == [brought]


def test_a_foreign_doi_may_end_as_it_likes(agency):
    assert given("10.1002/(SICI)1096-8644(199601)99:1<1::AID-1>3.0.CO;2-#")
    assert given("10.1000/182/")
    assert not DOI.objects.exists()


def test_a_doi_of_another_item_is_refused(agency):
    first = factories.item()
    with pytest.raises(IdentifierRefused, match="another item"):
        given(doi_of(first).doi.upper())
    assert Item.objects.count() == 1


def test_an_item_that_comes_back_has_its_doi_again(agency):
    item = factories.item()
    doi, handle = doi_of(item).doi, services.handle_of(item.pk)
    items.expunge(acting_user=SYSTEM, item=item, now=NOW)
    again = factories.item(handle=handle)
    assert doi_of(again).doi == doi
    items.expunge(acting_user=SYSTEM, item=again, now=NOW)
    follow()
    assert DOI.objects.get().state == State.DELETED, "the agency never heard of it"
    assert doi_of(factories.item(handle=handle)).state == State.TO_BE_REGISTERED
    assert DOI.objects.count() == 1


def test_an_item_that_comes_back_under_another_handle_with_its_doi_has_it_again(agency):
    item = factories.item()
    doi = doi_of(item).doi
    items.expunge(acting_user=SYSTEM, item=item, now=NOW)
    again = given(f"doi:{doi}")
    assert doi_of(again).doi == doi
    assert DOI.objects.count() == 1
