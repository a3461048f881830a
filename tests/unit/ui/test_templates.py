"""The templates themselves: every text can be translated, and nothing in them is inline."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3] / "templates"
TEMPLATES = sorted(ROOT.rglob("*.html"))

_NOT_TEXT = [
    r"{% comment %}.*?{% endcomment %}",
    r"{% blocktranslate.*?{% endblocktranslate %}",
    r"{%.*?%}",
    r"{{.*?}}",
    r"<!doctype html>",
    r"</?[a-zA-Z][^>]*>",
    r"&\w+;",
]
# Attributes that people read or hear.
_SPOKEN = re.compile(r'\b(?:title|alt|placeholder|aria-label)="([^"]*)"')


def without_tags(text: str) -> str:
    for pattern in _NOT_TEXT:
        text = re.sub(pattern, "", text, flags=re.DOTALL)
    return text


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_text_of_a_template_can_be_translated(path):
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"[^\W\d_]{2,}", without_tags(text)) == []
    assert [word for said in _SPOKEN.findall(without_tags_of_django(text)) for word in re.findall(r"\w+", said)] == []


def without_tags_of_django(text: str) -> str:
    return re.sub(r"{%.*?%}|{{.*?}}", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_has_anything_inline(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)", text)
