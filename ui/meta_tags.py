"""Metadata in the head of an item's page: `citation_*` for Google Scholar and reference managers, and Dublin Core.

The mapping is that of DSpace's google-metadata.properties and xhtml-head-item.properties.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urljoin

from django.conf import settings

from repository.metadata import Metadata, document
from ui.files import CONTENT_BUNDLE, Access, File
from ui.texts import cut

MAX_TAG = 5_000  # characters of a value: reference managers take the abstract from here, and hardly one is longer
AUTHORS = ("dc.author", "dc.contributor.author", "dc.creator")
# Formats of a full text, the best first, by the names of the format registry.
FULL_TEXT = ("Adobe PDF", "Postscript", "Microsoft Word XML", "Microsoft Word", "RTF", "EPUB")

# field -> (tag name, scheme)
_DUBLIN_CORE = {
    "dc.contributor": ("DC.contributor", ""),
    "dc.contributor.author": ("DC.creator", ""),
    "dc.coverage.spatial": ("DCTERMS.spatial", ""),
    "dc.coverage.temporal": ("DCTERMS.temporal", ""),
    "dc.creator": ("DC.creator", ""),
    "dc.date": ("DC.date", "DCTERMS.W3CDTF"),
    "dc.date.accessioned": ("DCTERMS.dateAccepted", "DCTERMS.W3CDTF"),
    "dc.date.available": ("DCTERMS.available", "DCTERMS.W3CDTF"),
    "dc.date.copyright": ("DCTERMS.dateCopyrighted", "DCTERMS.W3CDTF"),
    "dc.date.created": ("DCTERMS.created", "DCTERMS.W3CDTF"),
    "dc.date.issued": ("DCTERMS.issued", "DCTERMS.W3CDTF"),
    "dc.description": ("DC.description", ""),
    "dc.description.abstract": ("DCTERMS.abstract", ""),
    "dc.description.tableofcontents": ("DCTERMS.tableOfContents", ""),
    "dc.description.uri": ("DC.description", "DCTERMS.URI"),
    "dc.format": ("DC.format", ""),
    "dc.format.extent": ("DCTERMS.extent", ""),
    "dc.format.medium": ("DCTERMS.medium", ""),
    "dc.identifier": ("DC.identifier", ""),
    "dc.identifier.citation": ("DCTERMS.bibliographicCitation", ""),
    "dc.identifier.uri": ("DC.identifier", "DCTERMS.URI"),
    "dc.language": ("DC.language", ""),
    "dc.language.iso": ("DC.language", "DCTERMS.RFC1766"),
    "dc.publisher": ("DC.publisher", ""),
    "dc.relation": ("DC.relation", ""),
    "dc.relation.haspart": ("DCTERMS.hasPart", ""),
    "dc.relation.hasversion": ("DCTERMS.hasVersion", ""),
    "dc.relation.isformatof": ("DCTERMS.isFormatOf", ""),
    "dc.relation.ispartof": ("DCTERMS.isPartOf", ""),
    "dc.relation.isreferencedby": ("DCTERMS.isReferencedBy", ""),
    "dc.relation.isreplacedby": ("DCTERMS.isReplacedBy", ""),
    "dc.relation.isversionof": ("DCTERMS.isVersionOf", ""),
    "dc.relation.replaces": ("DCTERMS.replaces", ""),
    "dc.relation.requires": ("DCTERMS.requires", ""),
    "dc.relation.uri": ("DC.relation", "DCTERMS.URI"),
    "dc.rights": ("DC.rights", ""),
    "dc.rights.uri": ("DC.rights", "DCTERMS.URI"),
    "dc.source": ("DC.source", ""),
    "dc.source.uri": ("DC.source", "DCTERMS.URI"),
    "dc.subject": ("DC.subject", ""),
    "dc.subject.ddc": ("DC.subject", "DCTERMS.DDC"),
    "dc.subject.lcc": ("DC.subject", "DCTERMS.LCC"),
    "dc.subject.lcsh": ("DC.subject", "DCTERMS.LCSH"),
    "dc.subject.mesh": ("DC.subject", "DCTERMS.MESH"),
    "dc.title": ("DC.title", ""),
    "dc.title.alternative": ("DCTERMS.alternative", ""),
    "dc.type": ("DC.type", ""),
}


@dataclass(frozen=True)
class Tag:
    """A `<meta>` element; `lang` and `scheme` may be empty."""

    name: str
    content: str
    lang: str = ""
    scheme: str = ""


def head_tags(md: Metadata, page_url: str, files: Iterable[File]) -> list[Tag]:
    """Return all tags of an item's page; `page_url` is the whole address. `md` is what the reader may see.

    No value is left out; one longer than MAX_TAG is cut.
    """
    md = Metadata(document((field, value._replace(value=cut(value.value, MAX_TAG))) for field, value in md.items()))
    tags = dublin_core(md)
    if settings.DSPACE.bool("google-metadata.enable", True):
        tags += citation(md, page_url, files)
    return tags


def citation(md: Metadata, page_url: str, files: Iterable[File]) -> list[Tag]:
    """Return the `citation_*` tags."""
    language = md.first("dc.language.iso", "dc.language")
    single = {
        "citation_title": md.first("dc.title"),
        "citation_date": (md.first("dc.date.issued") or "").replace("-", "/"),
        "citation_language": language,
        "citation_doi": md.first("dc.identifier.doi"),
        "citation_issn": md.first("dc.identifier.issn"),
        "citation_isbn": md.first("dc.identifier.isbn"),
        "citation_keywords": "; ".join(md.values("dc.subject", "dc.type")),
        "citation_abstract_html_url": page_url,
        "citation_pdf_url": _full_text_url(files),
        **_publisher(md),
    }
    authors = next((values for field in AUTHORS if (values := md.values(field))), [])
    tags = [Tag("citation_author", author) for author in authors]
    return [Tag(name, content) for name, content in single.items() if content] + tags


def dublin_core(md: Metadata) -> list[Tag]:
    """Return the DC and DCTERMS tags, in the order of the metadata."""
    return [
        Tag(_DUBLIN_CORE[field][0], value.value, (value.language or "").replace("_", "-"), _DUBLIN_CORE[field][1])
        for field, value in md.items()
        if field in _DUBLIN_CORE
    ]


def _publisher(md: Metadata) -> dict[str, str | None]:
    """Return the publisher under the name that the kind of work wants."""
    kinds, publisher, title = md.values("dc.type"), md.first("dc.publisher"), md.first("dc.title")
    if "Thesis" in kinds:
        return {"citation_dissertation_institution": publisher, "citation_dissertation_name": title}
    if "Technical Report" in kinds:
        return {"citation_technical_report_institution": publisher}
    return {"citation_publisher": publisher}


def _full_text_url(files: Iterable[File]) -> str | None:
    """Return the address of the best full text that everybody may read, or None."""
    content = [f for f in files if f.bundle == CONTENT_BUNDLE and f.bitstream.size]
    readable = [f for f in content if f.access == Access.OPEN and f.url]
    texts = [f for f in readable if f.bitstream.format.short_description in FULL_TEXT]
    best = min(texts, key=lambda f: FULL_TEXT.index(f.bitstream.format.short_description), default=None)
    return absolute(best.url) if best else None


def absolute(path: str) -> str:
    """Return the whole address of a page of ours; what DSpace 6 had in `dspace.url` behind the host leads on only."""
    return urljoin(str(settings.DSPACE.get("dspace.url", "") or ""), path)
