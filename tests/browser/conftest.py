"""Chromium, and the archive it is driven through."""

import os
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from identifiers import services as identifiers
from repository import changes, wakeup
from repository.authorize import SYSTEM
from repository.constants import ANONYMOUS_GROUP, Action
from repository.models import Bitstream
from repository.services import items, policies
from tests import factories
from tests.chromium import find_chromium
from tests.factories import NOW, md

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "correct horse battery"

# Playwright's event loop makes Django believe that it is called from asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium on this machine, and none to be had")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, live_server) -> Iterator:
    """Call it for a page at the home page, also without JavaScript or in the dark. Fails on console errors.

    Those that hold a text of its `expected` do not count.
    """
    contexts, complaints = [], []

    def start(width: int = 1280, height: int = 900, *, javascript: bool = True, dark: bool = False) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            base_url=live_server.url,
            java_script_enabled=javascript,
            color_scheme="dark" if dark else "light",
            locale="en-GB",
            accept_downloads=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto("/")
        return page

    start.expected = ["Failed to load resource"]
    yield start
    for context in contexts:
        context.close()
    assert [text for text in complaints if not any(known in text for known in start.expected)] == []


@pytest.fixture
def archive(transactional_db, settings, tmp_path, monkeypatch) -> dict[str, str]:
    """Addresses of: a community, a collection, an item, an embargoed, a withdrawn one."""
    monkeypatch.setattr(wakeup, "wake", lambda consumers: None)  # no workers here
    options = {"location": str(tmp_path / "assetstore")}
    settings.STORAGES = settings.STORAGES | {
        "assetstore0": {"BACKEND": "repository.bitstore.storage.AssetStorage", "OPTIONS": options}
    }
    community = factories.community("Faculty of Owls")
    within = factories.community("Institute for Night Birds", parent=community)
    collection = factories.collection("Owl Theses", within=within)
    made = {
        name: factories.item(
            within=collection,
            metadata=md(
                dc_title=f"{name.capitalize()} owls of the northern woods",
                dc_contributor_author=[f"Ørsted, {name}", "Brandt, Ida"],
                dc_date_issued="2024-05-17",
                dc_subject=["owls", "night"],
                dc_description_abstract="What the owls did at night, and why nobody saw it.",
                dc_language_iso="en",
                dc_type="Thesis",
            ),
            files=[factories.new_file(f"{name} owls – náhled.txt", b"All about owls.\n" * 200, description="Text")],
        )
        for name in ("open", "embargoed", "withdrawn")
    }
    for n in range(14):
        factories.item(f"Owl note {n}", within=collection)
    embargo = policies.PolicySpec(Action.READ, group_id=ANONYMOUS_GROUP, start_date=date(2126, 1, 1))
    locked = Bitstream.objects.get(bundle__item=made["embargoed"])
    policies.replace_policies(acting_user=SYSTEM, obj=locked, action=Action.READ, specs=[embargo], now=NOW)
    items.withdraw(acting_user=SYSTEM, item=made["withdrawn"], now=NOW)
    while changes.run("search", now=NOW):
        pass
    objects = made | {"community": community, "collection": collection}
    return {name: f"/handle/{identifiers.handle_of(obj.pk)}" for name, obj in objects.items()}
