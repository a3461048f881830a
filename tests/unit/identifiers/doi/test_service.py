"""The service of all providers, and a provider of somebody else."""

import pytest

from identifiers import services
from identifiers.doi import registry
from identifiers.doi.states import State
from identifiers.providers.base import COLLECTION, ITEM, SITE, Provider
from tests import factories
from tests.unit.identifiers.doi.conftest import BASE, PROVIDERS, doi_of, everything, state_of

pytestmark = pytest.mark.django_db


class Urn(Provider):
    """urn:example:… of items: a provider as an institution may write one."""

    follows = True
    archived_ids: list = []

    def supports(self, object_type):
        return object_type == ITEM

    def archived(self, new):
        self.archived_ids.append((new.object_id, new.values("dc.title"), new.trusted))

    def mint(self, object_id, object_type):
        return f"urn:example:{object_id}"

    def lookup(self, object_id):
        return f"urn:example:{object_id}"

    def resolve(self, identifier):
        return None


def test_providers_answer_in_their_order_for_what_they_support(agency):
    item, service = factories.item(), services.service()
    shelf = item.owning_collection_id
    assert service.lookup(item.pk) == [services.handle_of(item.pk), doi_of(item).doi]
    assert service.mint(item.pk, ITEM) == service.lookup(item.pk), "what it has it keeps"
    assert service.mint(shelf, COLLECTION) == [services.handle_of(shelf)], "collections have no DOIs"
    service.register(shelf, COLLECTION)
    assert service.lookup(shelf) == [services.handle_of(shelf)]


@pytest.mark.parametrize("spelling", ["{}", "doi:{}", "https://doi.org/{}", "http://dx.doi.org/{}", "DOI: {}"])
def test_a_doi_resolves_in_any_spelling(agency, spelling):
    item = factories.item()
    assert services.service().resolve(spelling.format(doi_of(item).doi.upper())) == item.pk
    assert services.service().resolve(spelling.format("10.12345/none")) is None


def test_a_handle_resolves_and_the_site_has_one(db):
    item, service = factories.item(), services.service()
    assert service.resolve(services.handle_of(item.pk)) == item.pk
    assert service.resolve("nonsense") is None
    assert service.mint(item.pk, SITE) == [services.handle_of(item.pk)]


def test_what_is_asked_of_a_doi_marks_it(agency, configure):
    configure({"identifier.doi.on_archive": "none"})
    item, service = factories.item(), services.service()
    with pytest.raises(registry.NoDOI):
        service.update(item.pk, ITEM)
    service.reserve(item.pk, ITEM)
    assert state_of(item) == State.TO_BE_RESERVED
    everything()
    service.update(item.pk, ITEM)
    assert state_of(item) == State.UPDATE_RESERVED
    service.register(item.pk, ITEM)
    assert state_of(item) == State.TO_BE_REGISTERED
    everything()
    service.reserve(item.pk, ITEM)
    service.register(item.pk, ITEM)
    assert state_of(item) == State.IS_REGISTERED, "what is registered stays so"
    service.delete(item.pk, ITEM)
    with pytest.raises(registry.NoDOI):
        service.delete(item.pk, ITEM)


def test_a_provider_of_somebody_else_is_named_by_its_path(configure):
    configure(BASE | {"identifier.providers": f"{PROVIDERS},{Urn.__module__}.Urn"})
    Urn.archived_ids.clear()
    item = factories.item("Owls")
    assert services.service().lookup(item.pk)[2] == f"urn:example:{item.pk}"
    assert len(services.service().lookup(item.pk)) == 3
