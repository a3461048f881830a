"""`update-handle-prefix`: all of one prefix at once, and nothing else."""

import io
import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from identifiers import services
from identifiers.models import Handle
from repository import changes
from repository.models import Item, Mark
from tests import factories
from tests.factories import md

pytestmark = pytest.mark.django_db
OLD, NEW = "123456789", "10673"
Configure = Callable[[dict[str, str]], None]


def update(*arguments: str) -> str:
    out = io.StringIO()
    call_command("update_handle_prefix", *arguments, stdout=out)
    return out.getvalue()


def publish() -> None:
    for consumer in changes.consumers():
        changes.run_all(consumer, now=lambda: datetime.now(UTC))


def addresses(item: Item) -> list[str]:
    item.refresh_from_db()
    return [value["value"] for value in item.metadata["dc.identifier.uri"]]


def test_handles_and_the_addresses_made_of_them_change_and_no_others() -> None:
    item = factories.item(
        metadata=md(
            dc_title="On owls",
            dc_identifier_uri=[
                f"http://hdl.handle.net/{OLD}/77",
                f"http://hdl.handle.net/{OLD}1/77",
                f"https://example.org/{OLD}/77",
                "https://doi.org/10.1/x",
            ],
        )
    )
    suffix = services.handle_of(item.pk).partition("/")[2]
    services.bind(f"{OLD}1/{suffix}", item.pk, 2)
    count = Handle.objects.filter(handle__startswith=f"{OLD}/").count()

    said = update(OLD, NEW, "--yes")

    assert f"{count:,} handles updated" in said
    assert services.handle_of(item.pk) == f"{NEW}/{suffix}"
    assert services.lookup(f"{OLD}1/{suffix}") is not None
    assert not Handle.objects.filter(handle__startswith=f"{OLD}/").exists()
    assert addresses(item) == [
        f"http://hdl.handle.net/{NEW}/77",
        f"http://hdl.handle.net/{OLD}1/77",
        f"https://example.org/{OLD}/77",
        "https://doi.org/10.1/x",
        services.canonical_url(f"{NEW}/{suffix}"),
    ]


def test_addresses_of_a_time_when_the_site_was_elsewhere_change_for_the_object_they_name(
    configure: Configure,
) -> None:
    configure({"dspace.url": "http://old.example.org:8080/xmlui", "handle.canonical.prefix": ""})
    item = factories.item(metadata=md(dc_title="On owls", dc_identifier_uri=f"https://demo.dspace.org/handle/{OLD}/77"))
    before = addresses(item)
    configure({"dspace.url": "https://repo.example.org"})

    update(OLD, NEW, "--yes")

    foreign, own = before
    assert own.startswith(f"http://old.example.org:8080/xmlui/handle/{OLD}/")
    assert addresses(item) == [foreign, own.replace(OLD, NEW)]


def test_languages_and_the_order_of_addresses_stay_and_forms_made_before_conflict() -> None:
    item = factories.item()
    version, before = item.version, item.metadata["dc.identifier.uri"]

    update(OLD, NEW, "--yes")
    item.refresh_from_db()

    assert item.version > version
    assert item.metadata["dc.identifier.uri"] == [{**v, "value": v["value"].replace(OLD, NEW)} for v in before]


def test_it_asks_and_takes_no_answer_for_no(monkeypatch: pytest.MonkeyPatch) -> None:
    item = factories.item()
    handle = services.handle_of(item.pk)
    for typed in ("n", "", "yellow"):
        monkeypatch.setattr("builtins.input", lambda *_, typed=typed: typed)
        assert "No changes have been made" in update(OLD, NEW)

    def end() -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", end)
    assert "No changes have been made" in update(OLD, NEW)
    assert services.handle_of(item.pk) == handle

    monkeypatch.setattr("builtins.input", lambda: "y")
    assert f"to new prefix {NEW} from original {OLD}!" in update(OLD, NEW)
    assert services.handle_of(item.pk) != handle


def test_it_is_refused_when_a_handle_would_have_to_share(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = factories.item(), factories.item()
    handle = services.handle_of(first.pk)
    services.bind(handle.replace(OLD, NEW), second.pk, 2)
    marks = Mark.objects.count()

    with pytest.raises(
        CommandError, match=f"1 of the new handles exist already, or did before: {handle.replace(OLD, NEW)}"
    ):
        update(OLD, NEW, "--yes")

    assert services.handle_of(first.pk) == handle
    assert Mark.objects.count() == marks


def test_it_is_refused_when_a_handle_would_differ_from_another_in_case_only() -> None:
    first, second = factories.item(handle="20.500/Owl-Ä"), factories.item(handle=f"{NEW}/oWL-Ä")
    factories.item(handle="20.500/ä")
    factories.item(handle=f"{NEW}/Ä")

    with pytest.raises(CommandError, match=f"1 of the new handles exist already, or did before: {NEW}/oWL-Ä"):
        update("20.500", NEW, "--yes")

    assert services.handle_of(first.pk) == "20.500/Owl-Ä"
    assert services.handle_of(second.pk) == f"{NEW}/oWL-Ä"


def test_it_is_refused_when_a_handle_would_be_what_anothers_was() -> None:
    first = factories.item(handle="20.500/Owl")
    update("20.500", NEW, "--yes")
    factories.item(handle="20.600/oWL")

    with pytest.raises(CommandError, match=r"1 of the new handles exist already, or did before: 20\.500/Owl"):
        update("20.600", "20.500", "--yes")

    update(NEW, "20.500", "--yes")  # its own it may have again
    assert services.handle_of(first.pk) == "20.500/Owl"


def test_minted_handles_pass_over_former_ones(configure: Configure) -> None:
    collection = factories.collection()
    number = int(services.handle_of(collection.pk).partition("/")[2])
    for letters in (OLD, "20.abc"):
        configure({"handle.prefix": letters})
        factories.item(within=collection, handle=f"{letters.upper()}/{number + 1}")
        factories.item(within=collection, handle=f"{letters.upper()}/{number + 3}")
        update(letters.upper(), f"{NEW}.{letters}", "--yes")

        assert services.handle_of(factories.item(within=collection).pk) == f"{letters}/{number + 2}"
        assert services.mint(uuid4(), 2) == f"{letters}/{number + 4}"
        number += 4


def test_the_case_of_a_prefix_can_be_changed() -> None:
    item = factories.item(handle="20.abc/Owl")
    update("20.abc", "20.ABC", "--yes")
    assert services.handle_of(item.pk) == "20.ABC/Owl"


@pytest.mark.parametrize("new", ["10673/", "a b", "", OLD, "a\\1"])
def test_a_prefix_that_none_can_be_is_refused(new: str) -> None:
    factories.item()
    with pytest.raises(CommandError, match="can't be given the prefix"):
        update(OLD, new)  # it does not even ask


def test_without_handles_of_that_prefix_there_is_nothing_to_do() -> None:
    assert "Nothing to do!" in update("77777", NEW, "--yes")


def test_harvesters_see_the_old_records_deleted_and_the_new_ones_and_back_again(client: Client) -> None:
    item = factories.item()
    number = services.handle_of(item.pk).partition("/")[2]
    publish()

    def status(prefix: str) -> str:
        query = {"verb": "GetRecord", "metadataPrefix": "oai_dc"}
        identifier = f"oai:localhost.localdomain:{prefix}/{number}"
        body = client.get("/oai/request", {**query, "identifier": identifier}).content.decode()
        return "none" if "idDoesNotExist" in body else "deleted" if 'status="deleted"' in body else "there"

    assert (status(OLD), status(NEW)) == ("there", "none")
    update(OLD, NEW, "--yes")
    publish()
    assert (status(OLD), status(NEW)) == ("deleted", "there")
    update(NEW, OLD, "--yes")
    publish()
    assert (status(OLD), status(NEW)) == ("there", "deleted")


def test_pages_and_search_show_the_new_handle_and_the_old_one_leads_there(client: Client, configure: Configure) -> None:
    item = factories.item("Extraordinary owls")
    old = services.handle_of(item.pk)
    new = old.replace(OLD, NEW)
    publish()
    configure({"handle.additional.prefixes": OLD})

    for first, second in itertools.pairwise((OLD, NEW, OLD, NEW)):
        update(first, second, "--yes")
    publish()

    assert client.get(f"/handle/{new}").status_code == 200
    assert client.get(f"/handle/{old}")["Location"] == f"/handle/{new}"
    assert client.get(f"/handle/{old}?show=full")["Location"] == f"/handle/{new}?show=full"
    found = client.get("/search", {"query": "extraordinary"}).content.decode()
    assert f"/handle/{new}" in found
    assert old not in found


def test_files_are_found_at_their_former_addresses(client: Client, configure: Configure) -> None:
    item = factories.item(files=[factories.new_file("über owls.txt", b"Owls.\n")])
    old = services.handle_of(item.pk)
    new = old.replace(OLD, NEW)
    former = f"/bitstream/{old}/1/%C3%BCber%20owls.txt"
    update(OLD, NEW, "--yes")

    configure({"handle.prefix": NEW})
    assert client.get(former).status_code == 404
    configure({"handle.additional.prefixes": OLD})
    page = client.get(former)
    assert (page.status_code, page["Location"]) == (301, f"/bitstream/{new}/1/%C3%BCber%20owls.txt")
    assert b"".join(client.get(former, follow=True).streaming_content) == b"Owls.\n"
    assert client.get(f"/bitstream/{old}/9/absent.txt").status_code == 404


def test_lists_of_a_collection_are_found_at_their_former_addresses(client: Client, configure: Configure) -> None:
    place = factories.collection("Theses")
    factories.item("Extraordinary owls", within=place)
    old = services.handle_of(place.pk)
    update(OLD, NEW, "--yes")
    publish()
    configure({"handle.additional.prefixes": OLD})

    for address in (f"/handle/{old}/browse?type=title", f"/search?scope={old}"):
        assert "Extraordinary owls" in client.get(address).content.decode(), address


def test_the_lines_of_the_configuration_that_name_the_old_prefix_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    local = tmp_path / "local.cfg"
    local.write_text(f"dspace.name = x\nhandle.prefix = {OLD}\n# {OLD}1 and 1{OLD} and {OLD}.2 are others\n")
    (tmp_path / "input-forms.xml").write_text(f'<name-map collection-handle="{OLD}/42" form-name="one"/>\n')
    (tmp_path / "item-submission.xml").write_text('<name-map collection-handle="default"/>\n')
    monkeypatch.setenv("DSPACE_LOCAL_CFG", str(local))
    settings.CONFIG_DIR = tmp_path
    factories.item()

    said = update(OLD, NEW, "--yes").splitlines()

    assert f"{local}:2: handle.prefix = {OLD}" in said
    assert f'{tmp_path / "input-forms.xml"}:1: <name-map collection-handle="{OLD}/42" form-name="one"/>' in said
    assert sum(str(tmp_path) in line for line in said) == 2
