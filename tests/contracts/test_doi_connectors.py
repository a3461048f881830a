"""What every connector to a DOI agency does, held against memory, MDS and REST: a tiny agency, and `shared/fakes`."""

from dataclasses import dataclass

import pytest

from identifiers.connectors import connector, memory
from identifiers.connectors.port import AgencyRefusedLogin, DOIRefused, Refusal, with_doi
from tests.doi_agencies import (
    PASSWORD,
    PREFIX,
    USER,
    Tiny,
    TinyEZID,
    document,
    fake_datacite,
    forward_to,
    injecting,
    state_of,
)
from tests.shared import needs_shared

URL = "https://repo.example.org/handle/123456789/1"
FAKE = needs_shared("fakes", "fake_datacite.py")
FAKES = [pytest.param(f"{kind}-fake", marks=FAKE) for kind in ("mds", "rest")]
KINDS = ["memory", "mds", "rest", "ezid", *FAKES]


@dataclass
class Desk:
    """A connector, and what its agency has."""

    connector: object
    state: object
    keeps_hidden: bool


class MemoryState:
    def __init__(self, agency):
        self.agency = agency

    def __call__(self, doi):
        known = self.agency.dois.get(doi.upper())
        return known and (known.state, known.url)


def settings_for(kind, host, **changes):
    values = {
        "identifier.doi.connector": "ezid" if kind == "ezid" else f"datacite_{kind}",
        "identifier.doi.ezid.user": USER,
        "identifier.doi.ezid.password": PASSWORD,
        "EZID_SCHEME": "http",
        "EZID_HOST": host,
        "identifier.doi.user": USER,
        "identifier.doi.password": PASSWORD,
        "DATACITE_SCHEME": "http",
        "DATACITE_HOST": host,
    }
    return values | changes


@pytest.fixture(scope="session")
def fake_port():
    with fake_datacite() as port:
        yield port


@pytest.fixture
def desk(request):
    kind, _, fake = request.param.partition("-")
    if kind == "memory":
        agency = memory.MemoryConnector((PREFIX,))
        yield Desk(agency, MemoryState(agency), keeps_hidden=True)
        return
    tiny = TinyEZID(f"{PREFIX}/") if kind == "ezid" else Tiny()
    backing = request.getfixturevalue("fake_port") if fake else tiny
    agency = forward_to(backing) if fake else backing
    with injecting(agency) as (_, host):
        made = connector(settings_for(kind, host))
        yield Desk(made, lambda doi: state_of(backing, doi), keeps_hidden=kind in ("rest", "ezid"))


@pytest.fixture
def doi(request):
    """Another DOI for each test: what was registered stays for good."""
    name = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in request.node.name)
    return f"{PREFIX}/{name}"


every = pytest.mark.parametrize("desk", KINDS, indirect=True)


@every
def test_a_doi_nobody_told_of_is_neither_reserved_nor_registered(desk, doi):
    assert not desk.connector.is_reserved(doi)
    assert not desk.connector.is_registered(doi)


@every
def test_a_reserved_doi_is_known_but_does_not_resolve(desk, doi):
    desk.connector.reserve(doi, with_doi(document(), doi))
    assert desk.connector.is_reserved(doi)
    assert not desk.connector.is_registered(doi)
    assert desk.state(doi) == ("draft", "")


@every
def test_reserving_twice_does_no_harm(desk, doi):
    desk.connector.reserve(doi, with_doi(document(), doi))
    desk.connector.reserve(doi, with_doi(document("Tides"), doi))
    assert desk.state(doi) == ("draft", "")


@every
def test_registering_needs_no_reservation_and_makes_the_doi_lead_to_the_url(desk, doi):
    desk.connector.register(doi, with_doi(document(), doi), URL)
    assert desk.connector.is_reserved(doi)
    assert desk.connector.is_registered(doi)
    assert desk.state(doi) == ("findable", URL)


@every
def test_registering_after_reserving_and_twice(desk, doi):
    desk.connector.reserve(doi, with_doi(document(), doi))
    desk.connector.register(doi, with_doi(document(), doi), URL)
    desk.connector.register(doi, with_doi(document(), doi), URL)
    assert desk.state(doi) == ("findable", URL)


@every
def test_an_update_of_a_reserved_doi_leaves_it_reserved(desk, doi):
    desk.connector.reserve(doi, with_doi(document(), doi))
    desk.connector.update(doi, with_doi(document("Tides"), doi), URL, registered=False)
    assert desk.state(doi) == ("draft", "")


@every
def test_an_update_of_a_registered_doi_sends_the_new_url_too(desk, doi):
    desk.connector.register(doi, with_doi(document(), doi), URL)
    desk.connector.update(doi, with_doi(document("Tides"), doi), f"{URL}0", registered=True)
    assert desk.state(doi) == ("findable", f"{URL}0")


@every
def test_hiding_keeps_a_doi_registered_and_showing_brings_it_back(desk, doi):
    desk.connector.register(doi, with_doi(document(), doi), URL)
    desk.connector.hide(doi)
    assert desk.state(doi) == ("registered", URL)
    assert desk.connector.is_registered(doi)
    desk.connector.hide(doi)
    desk.connector.show(doi, with_doi(document(), doi), f"{URL}0")
    assert desk.state(doi) == ("findable", f"{URL}0")


@every
def test_a_hidden_doi_gets_another_address_and_stays_hidden(desk, doi):
    desk.connector.register(doi, with_doi(document(), doi), URL)
    for address in (URL, f"{URL}0", f"{URL}1"):
        desk.connector.hide(doi, address)
        assert desk.state(doi) == ("registered", address)
    desk.connector.show(doi, with_doi(document(), doi), URL)
    desk.connector.hide(doi, f"{URL}%20+2")
    assert desk.state(doi) == ("registered", f"{URL}%20+2")
    draft = f"{doi}-draft"
    desk.connector.reserve(draft, with_doi(document(), draft))
    desk.connector.hide(draft, URL)
    assert not desk.connector.is_registered(draft)


@every
def test_an_update_and_then_hide_leaves_a_hidden_doi_hidden(desk, doi):
    desk.connector.register(doi, with_doi(document(), doi), URL)
    desk.connector.hide(doi)
    desk.connector.update(doi, with_doi(document("Tides"), doi), URL, registered=True)
    if desk.keeps_hidden:
        assert desk.state(doi) == ("registered", URL)
    desk.connector.hide(doi)
    assert desk.state(doi) == ("registered", URL)


@every
def test_deleting_a_draft_removes_it(desk, doi):
    desk.connector.reserve(doi, with_doi(document(), doi))
    desk.connector.delete(doi)
    assert desk.state(doi) is None


@every
def test_deleting_a_registered_or_hidden_doi_hides_it(desk, doi):
    desk.connector.register(doi, with_doi(document(), doi), URL)
    desk.connector.delete(doi)
    assert desk.state(doi) == ("registered", URL)
    desk.connector.delete(doi)
    assert desk.state(doi) == ("registered", URL)


@every
def test_deleting_or_hiding_what_the_agency_does_not_know_makes_nothing(desk, doi):
    desk.connector.delete(doi)
    desk.connector.hide(doi)
    assert desk.state(doi) is None


@every
@pytest.mark.parametrize("call", ["reserve", "register", "update"])
def test_a_prefix_of_somebody_else_is_refused_for_this_doi_only(desk, call):
    foreign = "10.14454/not-ours"
    rest = {"reserve": (), "register": (URL,), "update": (URL,)}[call]
    more = {"registered": True} if call == "update" else {}
    with pytest.raises(DOIRefused, match=r"10\.14454/not-ours") as caught:
        getattr(desk.connector, call)(foreign, with_doi(document(), foreign), *rest, **more)
    assert caught.value.code == Refusal.FOREIGN_DOI


@every
def test_a_doi_with_slashes_and_dots_is_the_doi_it_says(desk, doi):
    odd = f"{doi}/../a//b;c"
    desk.connector.register(odd, with_doi(document(), odd), URL)
    assert desk.connector.is_registered(odd)
    assert not desk.connector.is_reserved(f"{doi}/b;c")
    assert desk.state(odd) == ("findable", URL)


@every
def test_a_url_with_percent_and_plus_arrives_as_it_is(desk, doi):
    url = f"{URL}%20a+b%2Bc"
    desk.connector.register(doi, with_doi(document(), doi), url)
    assert desk.state(doi) == ("findable", url)


@pytest.mark.parametrize("desk", FAKES, indirect=True)
def test_metadata_that_the_agency_does_not_take_is_refused_with_its_reason(desk, doi):
    bad = with_doi(document(publicationYear="<publicationYear>MMXXIV</publicationYear>"), doi)
    with pytest.raises(DOIRefused, match="MMXXIV") as caught:
        desk.connector.register(doi, bad, URL)
    assert caught.value.code == Refusal.BAD_REQUEST
    assert not desk.connector.is_registered(doi)


@pytest.mark.parametrize("kind", ["mds", "rest"])
@FAKE
def test_a_wrong_password_is_no_fault_of_any_doi(kind, fake_port, doi):
    settings = settings_for(kind, f"127.0.0.1:{fake_port}", **{"identifier.doi.password": "guess"})
    with pytest.raises(AgencyRefusedLogin, match=r"identifier\.doi\.password") as caught:
        connector(settings).register(doi, with_doi(document(), doi), URL)
    assert "guess" not in str(caught.value)


@FAKE
def test_a_doi_registered_by_one_interface_is_seen_by_the_other(fake_port, doi):
    host = f"127.0.0.1:{fake_port}"
    mds, rest = connector(settings_for("mds", host)), connector(settings_for("rest", host))
    mds.register(doi, with_doi(document(), doi), URL)
    assert rest.is_registered(doi)
    rest.hide(doi)
    assert mds.is_registered(doi)
