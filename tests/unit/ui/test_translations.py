"""The catalogues of translations: each has every text of the pages, and its compiled form is that of its source."""

import ast
import re
from gettext import GNUTranslations
from pathlib import Path

import pytest
from django.utils.translation.template import templatize

from tests import factories
from tests.factories import md

HERE = Path(__file__).resolve().parents[3]
SOURCES = sorted((HERE / "locale").glob("*/LC_MESSAGES/django.po"))
LANGUAGES = [path.parents[1].name for path in SOURCES]
MARKS = {"_", "gettext", "gettext_lazy", "ngettext", "pgettext"}
# What Django makes of a template: its marked texts as calls, and rubbish between them.
TEXT = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
CALL = re.compile(rf"\b(?:_|gettext|ngettext|pgettext)\({TEXT}(?:, {TEXT})*")

Entry = tuple[str, ...]  # a text, or (one, many), or ("", context, text)


def calls_of(source: str) -> set[Entry]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            texts = tuple(a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str))
            found.add(("", *texts) if node.func.id == "pgettext" else texts)
    return found


def marked_texts() -> set[Entry]:
    found: set[Entry] = set()
    for path in (HERE / "ui").rglob("*.py"):
        found |= calls_of(path.read_text(encoding="utf-8"))
    for path in (HERE / "templates").rglob("*.html"):
        for call in CALL.findall(templatize(path.read_text(encoding="utf-8"))):
            found |= calls_of(f"{call})")
    return found


def read_po(path: Path) -> dict[Entry, list[str]]:
    entries = {}
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        if "#, fuzzy" in block:
            continue
        parts: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if match := re.fullmatch(r'(?:(msg\S+) )?(".*")', line):
                name = match[1] or name
                parts[name] = parts.get(name, "") + ast.literal_eval(match[2])
        texts = [parts[name] for name in ("msgid", "msgid_plural") if name in parts]
        key = ("", parts["msgctxt"], *texts) if "msgctxt" in parts else tuple(texts)
        entries[key] = [text for name, text in parts.items() if name.startswith("msgstr")]
    return entries


def in_catalogue(catalogue: GNUTranslations, entry: Entry) -> list[str]:
    if entry[0] == "":
        return [catalogue.pgettext(*entry[1:])]
    if len(entry) == 2:
        return [catalogue.ngettext(*entry, number) for number in (1, 1000)]
    return [catalogue.gettext(*entry)]


def test_the_texts_of_templates_and_python_are_found():
    found = marked_texts()
    for entry in (
        ("Skip to content",),
        ("Untitled",),
        ("%(shown)s item", "%(shown)s items"),
        ("", "date", "j F Y"),
        ("At most %(number)d filters can be combined.",),
    ):
        assert entry in found
    assert len(found) > 150


@pytest.mark.parametrize("path", SOURCES, ids=LANGUAGES)
def test_every_text_of_the_pages_is_translated(path):
    translated = read_po(path)
    assert sorted(entry for entry in marked_texts() if not all(translated.get(entry, [""]))) == []


def filled_in(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]|<[^>]*>", text))


@pytest.mark.parametrize("path", SOURCES, ids=LANGUAGES)
def test_a_translation_keeps_what_is_filled_in(path):
    wrong = []
    for entry, texts in read_po(path).items():
        if entry != ("",):
            wrong += [text for text in texts if filled_in(text) - filled_in(entry[-1])]
            wrong += [texts[-1]] if filled_in(texts[-1]) != filled_in(entry[-1]) else []  # a singular may do without
    assert wrong == []


@pytest.mark.parametrize("path", SOURCES, ids=LANGUAGES)
def test_the_compiled_catalogue_is_that_of_its_source(path):
    with path.with_suffix(".mo").open("rb") as file:
        catalogue = GNUTranslations(file)
    for entry, texts in read_po(path).items():
        if entry != ("",):
            assert set(in_catalogue(catalogue, entry)) <= set(texts)


@pytest.mark.django_db
def test_a_browser_gets_the_pages_in_its_language(client, settings):
    settings.LANGUAGES = [("en", "English"), ("fr", "Français")]
    item = factories.item(metadata=md(dc_title="Hiboux", dc_date_issued="2024-05-17", dc_subject=["hiboux"] * 30))
    page = client.get(f"/items/{item.pk}", headers={"accept-language": "fr"}).content.decode()
    assert '<html lang="fr"' in page
    for text in ("Métadonnées seules", "17 mai 2024", "Afficher tout (30)", "Notice complète"):
        assert text in page
    assert "Metadata only" not in page
    page = client.get(f"/items/{item.pk}", headers={"accept-language": "en"}).content.decode()
    assert "17 May 2024" in page
    assert "Notice" not in page
