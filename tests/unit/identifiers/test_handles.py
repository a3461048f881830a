"""Handles: minted from a sequence, bound once, looked up."""

from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from identifiers import services
from identifiers.models import Handle
from identifiers.providers.base import SITE
from repository import constants

pytestmark = pytest.mark.django_db


def test_minted_handles_are_numbers_under_the_prefix_that_grow():
    first, second = (services.mint(uuid4(), 2).split("/") for _ in range(2))
    assert first[0] == second[0] == services.prefix()
    assert int(second[1]) == int(first[1]) + 1


def test_an_object_is_shown_under_its_first_handle():
    item = uuid4()
    services.bind("10673/5", item, 2)
    services.bind("10673/6", item, 2)
    assert services.handle_of(item) == "10673/5"
    assert services.handles_of([item, uuid4()]) == {item: "10673/5"}
    assert services.bind("10673/6", item, 2) == "10673/6"


def test_a_handle_names_one_object_for_ever():
    services.bind("10673/5", uuid4(), 2)
    with pytest.raises(services.HandleTaken, match="10673/5"):
        services.bind("10673/5", uuid4(), 2)


def test_a_handle_in_other_letters_is_the_same_handle():
    item = uuid4()
    services.bind("10673/abc-Ä", item, 2)
    assert services.bind("10673/ABC-Ä", item, 2) == "10673/abc-Ä"
    with pytest.raises(services.HandleTaken, match="10673/ABC-Ä"):
        services.bind("10673/ABC-Ä", uuid4(), 2)
    assert services.bind("10673/abc-ä", uuid4(), 2) == "10673/abc-ä"  # only ASCII letters have two cases


def test_the_database_refuses_a_handle_in_other_letters():
    services.bind("10673/abc", uuid4(), 2)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        Handle.objects.create(handle="10673/ABC", object_id=uuid4(), object_type=2)
    assert services.is_taken(refused.value)


def test_minted_handles_pass_over_those_in_other_letters(configure):
    configure({"handle.prefix": "20.abc"})
    number = int(services.mint(uuid4(), 2).partition("/")[2])
    services.bind(f"20.ABC/{number + 1}", uuid4(), 2)
    assert services.mint(uuid4(), 2) == f"20.abc/{number + 2}"


def test_handles_that_differed_in_case_only_already_stay_as_they_are(caplog):
    call_command("migrate", "identifiers", "0007", verbosity=0)
    with connection.cursor() as cursor:
        for handle in ("10673/abc", "10673/ABC", "10673/Abc", "10673/5"):
            cursor.execute(
                "INSERT INTO identifiers_handle (handle, object_id, object_type) VALUES (%s, %s, 2)", [handle, uuid4()]
            )
    call_command("migrate", verbosity=0)
    there = Handle.objects.exclude(object_type=5).order_by("id")
    assert list(there.values_list("handle", "twin")) == [
        ("10673/abc", 0),
        ("10673/ABC", 1),
        ("10673/Abc", 2),
        ("10673/5", 0),
    ]
    assert "10673/ABC" in caplog.text
    with pytest.raises(services.HandleTaken):
        services.bind("10673/aBC", uuid4(), 2)


def test_the_site_has_the_handle_with_the_number_0(configure):
    assert services.service().mint(constants.SITE, SITE) == [f"{services.prefix()}/0"]

    configure({"handle.prefix": "20.500.7"})
    other = uuid4()
    assert services.service().mint(other, SITE) == services.service().mint(other, SITE) == ["20.500.7/0"]
    assert services.service().resolve("20.500.7/0") == other


@pytest.mark.parametrize("handle", ["nothing", "a/", "/b", "a/b c", "a b/c", ""])
def test_the_database_refuses_what_is_not_a_handle(handle):
    with pytest.raises(IntegrityError), transaction.atomic():
        Handle.objects.create(handle=handle, object_id=uuid4(), object_type=2)


def test_the_canonical_address_follows_the_configuration(settings):
    settings.DSPACE = {"handle.canonical.prefix": "https://hdl.handle.net/"}
    assert services.canonical_url("1/2") == "https://hdl.handle.net/1/2"
    settings.DSPACE = {"dspace.url": "https://repo.example.org"}
    assert services.canonical_url("1/2") == "https://repo.example.org/handle/1/2"
