"""Filters for metadata and for texts that institutions write."""

import re
from datetime import date
from urllib.parse import quote

import nh3
from django import template
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import pgettext

from common.dates import parse_partial
from repository.metadata import Value
from ui import parameters, texts

register = template.Library()
register.filter("shortened", texts.cut)

# What introductory texts and news may contain. No h1 and h2: those are the page's own headings. No style, no class,
# no frame, no form. What is not named here loses its tag, not its text.
_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "cite", "code", "dd", "dl", "dt", "em", "h3", "h4", "h5", "h6", "hr", "i",
    "img", "li", "ol", "p", "pre", "q", "s", "small", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead",
    "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"lang", "dir", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LINK = re.compile(r"https?://[^\s<>\"]+")


def _own_pictures(tag: str, attribute: str, value: str) -> str | None:
    """Pages show no picture from elsewhere: whoever has it there would know who reads. Its text is shown instead."""
    is_foreign = "//" in value or value.lower().startswith("mailto:")
    return None if (tag, attribute) == ("img", "src") and is_foreign else value


@register.filter
def clean_html(text: str) -> SafeString:
    """Return HTML that somebody wrote as harmless HTML; plain text keeps its paragraphs."""
    if "<" not in text:
        text = "".join(f"<p>{part}</p>" for part in re.split(r"\n\s*\n", text) if part.strip())
    cleaned = nh3.clean(
        text,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        attribute_filter=_own_pictures,
    )
    return mark_safe(cleaned)  # noqa: S308  # nh3 made it safe


@register.filter
def linkable(value: str) -> bool:
    """Whether an address with this value in it is one that a server takes."""
    return len(quote(value, safe="")) <= parameters.MAX_ADDRESS


@register.filter
def lang(value: Value | None) -> str:
    """Return the language of a value as HTML wants it (`en-US`), or an empty text where none can be told."""
    code = (value.language or "").replace("_", "-") if value else ""
    return code if _LANGUAGE.fullmatch(code) else ""


@register.filter
def day(when: date | str) -> str:
    """Return a date as people write it, and for machines beside: `<time datetime="2024-03">March 2024</time>`.

    `when` is a date, or a partial ISO date as catalogued. Any other text stays what it is.
    """
    text = when.isoformat() if isinstance(when, date) else when
    parsed = parse_partial(text)
    if parsed is None:
        return texts.cut(text)
    year, month, number = parsed
    whole = f"{year:04}-{month:02}-{number:02}"
    return format_html('<time datetime="{}">{}</time>', whole[: 10 if number else 7 if month else 4], _written(*parsed))


def _written(year: int, month: int, number: int) -> str:
    if not month:
        return str(year)
    # Translators: how a whole date and a month are written; the letters are those of Django's filter "date".
    form = pgettext("date", "j F Y") if number else pgettext("date", "F Y")
    return date_format(date(year, month, number or 1), form)


@register.filter
def soft(text: str) -> SafeString:
    """Return an address that may break into lines after its slashes; the last two parts, a handle, stay together."""
    parts = re.split(r"(?<=[^/]/)(?=[^/]+/)", text)
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in parts))


@register.filter
def link(text: str) -> str:
    """Return the address when the whole value is one that may be linked (http, https, or a DOI), else nothing."""
    text = text.strip()
    if len(text) > parameters.MAX_ADDRESS:
        return ""
    if _LINK.fullmatch(text):
        return text
    doi = re.fullmatch(r"(?:doi:\s*)?(10\.\d{4,9}/\S+)", text, re.IGNORECASE)
    return f"https://doi.org/{doi[1]}" if doi else ""
