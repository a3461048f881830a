"""Ten varied items, and what every metadata format is held against: golden files and the official schemas.

`DSPACE_GOLDEN=write` makes the golden files anew: read the difference before you commit it.
"""

import functools
import importlib.util
import os
from datetime import UTC, date, datetime
from pathlib import Path

from lxml import etree

from crosswalks import xoai
from crosswalks.xoai import Access, Bundle, File, ItemRecord
from tests.shared import SHARED

GOLDEN = Path(__file__).parent / "golden"
REPOSITORY = xoai.RepositoryInfo("Archive of Examples", "https://archive.example.org", "admin@example.org")


def value(text, language=None, **more):
    return {"value": text} | ({"language": language} if language else {}) | more


def values(*texts, language=None):
    return [value(text, language) for text in texts]


def record(number, metadata, bundles=(), **more):
    """An item with the handle 10.9999/<number>; `metadata` has lists of values, or one text."""
    return ItemRecord(
        handle=f"10.9999/{number}",
        identifier=f"oai:archive.example.org:10.9999/{number}",
        last_modified=datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
        metadata={name: values(held) if isinstance(held, str) else held for name, held in metadata.items()},
        bundles=bundles,
        **more,
    )


def file(name, mime_type, size, sequence, **more):
    given = {"source": "", "description": "", "checksum": f"{sequence or 0:032x}"} | more
    url = f"https://archive.example.org/bitstream/10.9999/1/{sequence}/{sequence}"
    return File(name, mime_type=mime_type, size=size, sequence=sequence, url=url, checksum_algorithm="MD5", **given)


def common(number, **more):
    """What the repository itself adds to every item."""
    return {
        "dc.date.accessioned": "2024-05-06T07:08:09Z",
        "dc.date.available": "2024-05-06T07:08:09Z",
        "dc.identifier.uri": f"https://hdl.handle.net/10.9999/{number}",
    } | more


ARTICLE = record(
    101,
    common(101)
    | {
        "dc.contributor.author": [
            value("Marsh, Edith R.", authority="0000-0002-1825-0097", confidence=600),
            value("Ferreira, João"),
        ],
        "dc.contributor.editor": "Quill, Bernard",
        "dc.date.issued": "2023-11-05",
        "dc.description.abstract": values(
            "Barn owls hunt by ear.\nWe recorded 412 flights & compared hit rates in light (< 1 lx) and darkness.",
            language="en_US",
        ),
        "dc.description.sponsorship": "Owl Trust, grant 77",
        "dc.description.version": "publishedVersion",
        "dc.format.extent": "14 p.",
        "dc.identifier.citation": "Journal of Nocturnal Studies 12(3), 201-214",
        "dc.identifier.doi": "10.9998/jns.2023.12.3.201",
        "dc.identifier.issn": "1234-5679",
        "dc.language.iso": "en_US",
        "dc.publisher": "Nest Press",
        "dc.relation.ispartof": "Journal of Nocturnal Studies",
        "dc.relation.ispartofseries": "Owl Papers;7",
        "dc.relation.uri": "https://data.example.org/flights",
        "dc.rights": values("Attribution 4.0 International", language="en") + values("openAccess"),
        "dc.rights.uri": "http://creativecommons.org/licenses/by/4.0/",
        "dc.subject": values("barn owl", "hearing", language="en") + values("Schleiereule", language="de"),
        "dc.subject.ddc": "598.97",
        "dc.title": [value("How barn owls hear: a field study", "en"), value("Wie Schleiereulen hören", "de")],
        "dc.title.alternative": "Tyto alba in the dark",
        "dc.type": values("Article", language="en"),
        "local.note.librarian": "Checked by the library",
    },
    [
        Bundle("LICENSE", [file("license.txt", "text/plain", 31, 3)]),
        Bundle(
            "ORIGINAL",
            [
                file("owls.pdf", "application/pdf", 812_345, 1, primary=True, source="/in/owls.pdf"),
                file("appendix.pdf", "application/pdf", 40_960, 2, description="Appendix: all flights"),
            ],
        ),
        Bundle("TEXT", [file("owls.pdf.txt", "text/plain", 35_001, 4, description="Extracted text")]),
        Bundle("THUMBNAIL", [file("owls.pdf.jpg", "image/jpeg", 2_345, 5)]),
    ],
    access=Access("open.access"),
    license=b"NOTE: you may keep and show it.\n",
)

THESIS = record(
    102,
    common(102)
    | {
        "dc.contributor.advisor": values("Prof. Dr. Grauvogel, Hanne", "Okafor, Chidi"),
        "dc.contributor.author": "Łukasik, Żaneta",
        "dc.contributor.other": "Institut für Waldkunde",
        "dc.coverage.spatial": "Białowieża",
        "dc.coverage.temporal": "1998/2016",
        "dc.date.created": "2018-03",
        "dc.date.issued": "2018-09",
        "dc.description": "Mit 34 Tafeln.",
        "dc.description.abstract": [
            value("Die Arbeit untersucht das Ruflautinventar.", "de"),
            value("The thesis studies the repertoire of calls.", "en"),
        ],
        "dc.description.tableofcontents": "1 Einleitung -- 2 Rufe -- 3 Schluss",
        "dc.format.medium": "CD-ROM",
        "dc.identifier.isbn": "978-0-00-000000-2",
        "dc.identifier.other": "PPN 1234",
        "dc.language.iso": "de",
        "dc.publisher": "Universität Musterstadt",
        "dc.rights": values("embargoedAccess", "All rights reserved"),
        "dc.rights.holder": "Łukasik, Żaneta",
        "dc.subject": values("Rufe", "Wald", language="de_DE"),
        "dc.subject.lcsh": "Owls -- Vocalization",
        "dc.title": values("Rufe im Wald: Stimmen der Eulen", language="de"),
        "dc.title.alternative": [value("Calls in the forest", "en")],
        "dc.type": values("doctoralThesis", "Thesis"),
        "thesis.degree.discipline": "Biology",
        "thesis.degree.grantor": "Universität Musterstadt",
        "thesis.degree.level": "Doctoral",
        "thesis.degree.name": "Dr. rer. nat.",
    },
    [Bundle("ORIGINAL", [file("Dissertation Łukasik.pdf", "application/pdf", 9_000_000_000, 1, primary=True)])],
    access=Access("open.access"),
)

EMPTY = record(103, {}, access=Access("metadata.only"))

UNTITLED = record(
    104,
    common(104)
    | {
        "dc.creator": "The Owl Society",
        "dc.date": "undated",
        "dc.description.abstract": "A box of letters.",
        "dc.identifier": "Box 17",
        "dc.type": "Manuscript",
    },
    access=Access("metadata.only"),
)

SCRIPTS = record(
    105,
    common(105)
    | {
        "dc.contributor.author": values("森, 鷗外", "Айтматов, Чынгыз", "الجاحظ", "Ἀριστοφάνης", "בן־יהודה, אליעזר"),
        "dc.date.issued": "1911",
        "dc.description.abstract": [
            value("كتابٌ عن البوم والليل.", "ar"),
            value("מאמר על ינשופים \u200fRTL\u200e LTR.", "he"),
            value("フクロウについての小論。𠮷野家の𩸽。", "ja"),
            value("Owls \U0001f989 and mathematics \U0001d538 → ∞; combining é ≠ é.", "en"),
        ],
        "dc.language": "mul",
        "dc.language.iso": values("ja", "ar", "he", "zh_CN", "grc", "other"),
        "dc.publisher": "東京大学出版会",
        "dc.rights": "CC0 1.0 Universal",
        "dc.rights.uri": "https://creativecommons.org/publicdomain/zero/1.0/",
        "dc.subject": [value("梟", "ja"), value("بوم", "ar"), value("सूक्ष्म", "hi"), value("\U00010900\U00010905")],
        "dc.title": [
            value("梟の声", "ja"),
            value("صوت البوم", "ar"),
            value("קול הינשוף", "he"),
            value("𝕺𝖜𝖑𝖘 \U0001f989"),
        ],
        "dc.type": "Book",
    },
    [Bundle("ORIGINAL", [file("梟\U0001f989.epub", "application/epub+zip", 512, 1, description="本文")])],
    access=Access("open.access"),
)

FUNDED = record(
    106,
    common(106)
    | {
        "dc.contributor": "A consortium",
        "dc.contributor.author": [
            value(
                f"Author{number:02}, A.",
                authority=f"0000-0001-0000-{number:04}" if number % 2 else f"virtual::{number}",
                confidence=(600, 500, -1)[number % 3],
            )
            for number in range(1, 41)
        ],
        "dc.contributor.illustrator": "Pencil, P.",
        "dc.date.issued": "2021-02-28",
        "dc.identifier.doi": "https://doi.org/10.9998/many",
        "dc.identifier.pmid": "31234567",
        "dc.language.iso": "eng",
        "dc.relation": values(
            "info:eu-repo/grantAgreement/EC/FP7/123456/EU/Owls in Europe/OWLEU",
            "info:eu-repo/grantAgreement/EC/H2020/654321",
        ),
        "dc.relation.isversionof": "https://doi.org/10.9998/preprint",
        "dc.rights": "info:eu-repo/semantics/openAccess",
        "dc.source": "Proceedings of the Night, vol. 3",
        "dc.subject.mesh": "Strigiformes",
        "dc.title": "Forty authors, two grants",
        "dc.type": "info:eu-repo/semantics/conferenceObject",
    },
    [Bundle("ORIGINAL", [file("paper.pdf", "application/pdf", 77, 1)])],
    access=Access("open.access"),
)

DATES = record(
    107,
    {
        "dc.contributor.author": "Chronos",
        "dc.date": values("c. 1890", "[1912?]"),
        "dc.date.accessioned": values("2001-02-03T04:05:06Z", "2010-01-01T00:00:00Z"),
        "dc.date.available": "2001-02-03T04:05Z",
        "dc.date.copyright": "1999",
        "dc.date.created": "0987-06",
        "dc.date.issued": values("1999-12-31T23:59:59Z", "2000", "2000-13-45", "01/02/2000", "spring 2000", "-0044"),
        "dc.date.submitted": "1999-02-30",
        "dc.date.updated": "20040229",
        "dc.identifier.uri": values("https://hdl.handle.net/10.9999/107", "not a URI at all"),
        "dc.language.iso": "xx_unknown",
        "dc.title": values("Dates of every kind"),
        "dc.type": "Working Paper",
    },
    access=Access("metadata.only"),
)

EMBARGOED = record(
    108,
    common(108)
    | {
        "dc.contributor.author": "Closed, Carla",
        "dc.date.issued": "2024",
        "dc.description.embargo": "2031-07-01",
        "dc.language.iso": "fr",
        "dc.rights": values("info:eu-repo/semantics/embargoedAccess", language="en"),
        "dc.rights.accessRights": "embargoed access",
        "dc.date.embargoEnd": "2031-07-01",
        "dc.title": values("À paraître", language="fr"),
        "dc.type": "bachelorThesis",
    },
    access=Access("embargo", date(2031, 7, 1)),
)

DATASET = record(
    109,
    common(109)
    | {
        "dc.contributor.author": "Logger, Data",
        "dc.date.issued": "2022-06-30",
        "dc.format": "text/csv",
        "dc.format.mimetype": "application/zip",
        "dc.language.iso": "en",
        "dc.relation.isreferencedby": "https://hdl.handle.net/10.9999/101",
        "dc.rights.license": "ODbL",
        "dc.title": "Flights of 412 owls, 2019-2021",
        "dc.type": "Dataset",
        "dcterms.license": "https://opendatacommons.org/licenses/odbl/",
        "dcterms.spatial": "DCMI Point",
    },
    [
        Bundle(
            "ORIGINAL",
            [
                file("read me & <then> \"quote\" 'it'.txt", "text/plain", 0, 1),
                file("../../etc/passwd", "application/octet-stream", 1, 2),
                file("données été.csv", "text/csv", 2**40, 3, primary=True, source="C:\\data\\été.csv"),
                file("archive.tar.gz", "application/gzip", 12, 4, description="  blanks  around  "),
                file("", "", 5, None, checksum=""),
                file("tab\tnew\nline.bin", "odd type; q=1", 6, 6),
                file("x" * 250 + ".xml", "text/xml", 7, 7),
                *[file(f"day-{day:03}.nc", "application/x-netcdf", day, day) for day in range(8, 28)],
            ],
        ),
        Bundle("DOCUMENTATION & more", [file("codebook.html", "text/html", 99, 40)]),
    ],
    access=Access("open.access"),
)

ESCAPES = record(
    110,
    common(110)
    | {
        "dc.contributor.author": values("<script>alert(1)</script>", 'O\'Neill & "Sons" ]]> Ltd', "   Blank, Leading"),
        "dc.date.issued": " 2020-01-01 ",
        "dc.description.abstract": values(
            "very long " * 1000, "&amp; &lt;already escaped&gt; &#169;", "\n\n\tindented"
        ),
        "dc.identifier": "http://example.org/?a=1&b=<2>",
        "dc.language.iso": "en",
        "dc.subject": values("", " ", "nul\x00 control\x0b end\ufffe lone", "a\u2028b\x85c", "tab\there", "cr\rlf\r\n"),
        "dc.title": values("Markup & \"quotes\" <b>bold</b> 1 < 2 > 0 'x'", language='en" x="y'),
        "dc.type": "Other & more",
        "local.odd.field": values("{braces} {$and} {{more}}"),
    },
    access=Access("restricted"),
)

ITEMS = {
    "article": ARTICLE,
    "thesis": THESIS,
    "empty": EMPTY,
    "untitled": UNTITLED,
    "scripts": SCRIPTS,
    "funded": FUNDED,
    "dates": DATES,
    "embargoed": EMBARGOED,
    "dataset": DATASET,
    "escapes": ESCAPES,
}
STYLESHEETS = Path(__file__).resolve().parents[3] / "config/crosswalks/oai"


def document(item):
    return xoai.document(item, REPOSITORY, xoai.elements(item))


@functools.cache
def stylesheet(path):
    """The stylesheet config/crosswalks/oai/<path>, without access to anything."""
    return etree.XSLT(etree.parse(STYLESHEETS / path), access_control=etree.XSLTAccessControl.DENY_ALL)


def rendered(form, item, transformer=None):
    """The item (or its XOAI document as text) in a format, by the stylesheets of their names: root element."""
    tree = etree.fromstring((item if isinstance(item, str) else document(item)).encode())
    if transformer:
        tree = stylesheet(f"transformers/{transformer}.xsl")(tree)
    return etree.fromstring(etree.tostring(stylesheet(f"metadataFormats/{form}.xsl")(tree)))


def assert_golden(path, root):
    """Compare with golden/<path>; DSPACE_GOLDEN=write makes the file."""
    etree.indent(root)
    made = etree.tostring(root, encoding="unicode") + "\n"
    golden = GOLDEN / path
    if os.environ.get("DSPACE_GOLDEN") == "write":
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(made, encoding="utf-8")
    assert made == golden.read_text(encoding="utf-8")


@functools.cache
def schema(path):
    """The official schema shared/xsd/<path>: a test that asks for it has needs_shared("xsd")."""
    spec = importlib.util.spec_from_file_location("load", SHARED / "xsd" / "load.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.schema(path)


def assert_valid(path, root):
    schema(path).assertValid(etree.fromstring(etree.tostring(root)))
