"""The XOAI document and the formats made of it: golden files, the official schemas, and whatever metadata there may be.

Also here: what harvesters rely on in didl, dim, mets, mods, oai_dc, ore and xoai.
"""

import base64
from dataclasses import replace
from datetime import UTC, date, datetime
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from crosswalks import xoai
from crosswalks.xoai import Access, Bundle, ItemRecord
from tests.shared import needs_shared
from tests.unit.oai import formats_items as items
from tests.unit.oai.formats_items import ARTICLE, DATASET, EMPTY, FUNDED, ITEMS, UNTITLED, document, rendered, value

NAMES = {
    "x": "http://www.lyncode.com/xoai",
    "dc": "http://purl.org/dc/elements/1.1/",
    "d": "urn:mpeg:mpeg21:2002:02-DIDL-NS",
    "mets": "http://www.loc.gov/METS/",
    "mods": "http://www.loc.gov/mods/v3",
    "premis": "http://www.loc.gov/standards/premis",
    "xlink": "http://www.w3.org/1999/xlink",
    "atom": "http://www.w3.org/2005/Atom",
    "oreatom": "http://www.openarchives.org/ore/atom/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dcterms": "http://purl.org/dc/terms/",
}
FORMATS = ["oai_dc", "didl", "dim", "mets", "mods", "ore", "xoai"]
SCHEMAS = {
    "oai_dc": ["oai/oai_dc.xsd"],
    "xoai": ["xoai/xoai.xsd"],
    "mods": ["mods/mods-3-1.xsd", "mods/mods-3-8.xsd"],
    "mets": ["mets/mets-1-12-1.xsd"],
}
AGGREGATES = "http://www.openarchives.org/ore/terms/aggregates"


def found(root, path):
    return root.xpath(path, namespaces=NAMES)


def every_item(test):
    return pytest.mark.parametrize("name", ITEMS)(test)


@pytest.mark.parametrize("form", FORMATS)
@every_item
def test_a_record_looks_as_its_golden_file(form, name):
    items.assert_golden(f"{form}/{name}.xml", rendered(form, ITEMS[name]))


@needs_shared("xsd")
@pytest.mark.parametrize(("form", "schema"), [(form, schema) for form, of in SCHEMAS.items() for schema in of])
@every_item
def test_a_record_is_valid(form, schema, name):
    items.assert_valid(schema, rendered(form, ITEMS[name]))


@needs_shared("xsd")
@every_item
def test_what_mets_and_didl_hold_is_valid_too(name):
    mets, didl = rendered("mets", ITEMS[name]), rendered("didl", ITEMS[name])
    for mods in found(mets, "//mods:mods"):
        items.assert_valid("mods/mods-3-1.xsd", mods)
    for premis in found(mets, "//premis:premis"):
        items.assert_valid("premis/PREMIS-v1-0.xsd", premis)
    for dc in didl.iter("{http://www.openarchives.org/OAI/2.0/oai_dc/}dc"):
        items.assert_valid("oai/oai_dc.xsd", dc)


@needs_shared("xsd")
@every_item
def test_a_resource_map_is_valid_atom(name):
    """But for atom:source, which the schema takes for a text: section 4.2.11 of RFC 4287 wants elements in it."""
    entry = rendered("ore", ITEMS[name])
    (source,) = found(entry, "atom:source")
    entry.remove(source)
    items.assert_valid("atom/atom-local.xsd", entry)
    for element in ("id", "title", "updated", "link[@rel='self']", "link[@rel='alternate']"):
        assert len(found(entry, f"atom:{element}")) == 1


# The XOAI document


def test_the_order_of_fields_does_not_matter_and_that_of_values_does():
    turned = replace(ARTICLE, metadata=dict(reversed(ARTICLE.metadata.items())))
    assert xoai.elements(turned) == xoai.elements(ARTICLE)
    titles = list(reversed(ARTICLE.metadata["dc.title"]))
    assert xoai.elements(replace(ARTICLE, metadata=ARTICLE.metadata | {"dc.title": titles})) != xoai.elements(ARTICLE)


def test_when_it_was_last_modified_is_no_change_of_the_item():
    later = replace(ARTICLE, last_modified=datetime(2025, 1, 1, tzinfo=UTC))
    assert xoai.elements(later) == xoai.elements(ARTICLE)
    assert document(later) == document(ARTICLE).replace(
        '"lastModifyDate">2024-05-06T07:08:09Z', '"lastModifyDate">2025-01-01T00:00:00Z'
    )


def test_the_end_of_an_embargo_and_another_licence_are_changes_of_the_item():
    for changed in (
        replace(ARTICLE, access=Access("restricted")),
        replace(ARTICLE, access=Access("embargo", date(2030, 1, 1))),
        replace(ARTICLE, license=b"Another"),
    ):
        assert xoai.elements(changed) != xoai.elements(ARTICLE)


def test_a_document_says_what_dspace_says_beside_metadata():
    root = etree.fromstring(document(ARTICLE))
    assert [e.get("name") for e in root] == ["dc", "local", "bundles", "others", "repository", "license"]
    others = found(root, "x:element[@name='others']")[0]
    assert [(f.get("name"), f.text) for f in others.iter("{*}field")] == [
        ("handle", "10.9999/101"),
        ("identifier", "oai:archive.example.org:10.9999/101"),
        ("lastModifyDate", "2024-05-06T07:08:09Z"),
        ("uri", "http://creativecommons.org/licenses/by/4.0/"),
        ("name", "Attribution 4.0 International"),
        ("value", "open.access"),
    ]
    (licence,) = found(root, "x:element[@name='license']/x:field[@name='bin']/text()")
    assert base64.b64decode(licence) == ARTICLE.license
    assert found(root, "//x:field[@name='primary']/../x:field[@name='name']/text()") == ["owls.pdf"]


def test_an_embargo_comes_with_its_date():
    others = found(etree.fromstring(document(items.EMBARGOED)), "x:element[@name='others']")[0]
    assert found(others, "x:element[@name='access-status']/x:field/text()") == ["embargo", "2031-07-01"]


def test_nobodys_text_can_take_the_place_of_the_documents_own():
    sly = '<field name="lastModifyDate"></field><element name="repository"></element>'
    root = etree.fromstring(document(replace(EMPTY, metadata={"dc.title": [value(sly)]})))
    assert found(root, "//x:element[@name='title']//x:field/text()") == [sly]
    assert found(root, "//x:field[@name='lastModifyDate']/text()") == ["2024-05-06T07:08:09Z"]


# Dublin Core


def test_authors_are_creators_and_others_contributors():
    root = rendered("oai_dc", ARTICLE)
    assert found(root, "dc:creator/text()") == ["Marsh, Edith R.", "Ferreira, João"]
    assert found(root, "dc:contributor/text()") == ["Quill, Bernard"]
    assert found(rendered("oai_dc", UNTITLED), "dc:creator/text()") == ["The Owl Society"]
    assert found(rendered("oai_dc", FUNDED), "dc:contributor/text()") == ["A consortium", "Pencil, P."]


def test_the_media_types_of_the_items_own_files_are_given_once():
    assert found(rendered("oai_dc", ARTICLE), "dc:format/text()") == ["14 p.", "application/pdf"]


def test_astral_characters_stay():
    for form in FORMATS:
        assert "\U0001f989" in etree.tostring(rendered(form, items.SCRIPTS), encoding="unicode")


# DIDL and DIM


def test_didl_refers_to_the_items_own_files_and_holds_none():
    didl = rendered("didl", ARTICLE)
    assert found(didl, "//d:Resource/@ref") == [file.url for file in ARTICLE.bundles[1].files]
    assert found(didl, "//d:Resource[node()]") == []
    ids = found(rendered("didl", DATASET), "//@id")
    assert len(ids) == len(set(ids)) == 28


def test_dim_has_every_value_and_nothing_else():
    assert [dict(field.attrib) | {"value": field.text} for field in rendered("dim", FUNDED)][1:3] == [
        {
            "mdschema": "dc",
            "element": "contributor",
            "qualifier": "author",
            "authority": "0000-0001-0000-0001",
            "confidence": "500",
            "value": "Author01, A.",
        },
        {
            "mdschema": "dc",
            "element": "contributor",
            "qualifier": "author",
            "authority": "virtual::2",
            "value": "Author02, A.",
        },
    ]
    for item in ITEMS.values():
        assert len(rendered("dim", item)) == sum(map(len, item.metadata.values()))


def test_dim_names_a_language_only_if_there_is_one():
    titles = [f.attrib for f in rendered("dim", ARTICLE) if f.get("element") == "title"]
    assert [title.get("lang") for title in titles] == ["en", "de", None]


# METS, MODS, ORE


def test_mets_refers_by_ids_that_it_has():
    for item in ITEMS.values():
        mets = rendered("mets", item)
        ids = found(mets, "//@ID")
        assert len(ids) == len(set(ids))
        assert set(found(mets, "//@ADMID | //@DMDID | //@FILEID")) <= set(ids)


def test_mets_has_files_of_original_and_text_with_checksums_and_their_premis_object():
    mets = rendered("mets", ARTICLE)
    assert found(mets, "//mets:fileGrp/@USE") == ["ORIGINAL", "TEXT"]
    for file in found(mets, "//mets:file"):
        premis = found(mets, f"//mets:amdSec[@ID='{file.get('ADMID')}']//premis:object")[0]
        assert file.get("CHECKSUMTYPE") == "MD5"
        assert found(premis, ".//premis:messageDigest/text()") == [file.get("CHECKSUM")]
        assert found(premis, ".//premis:size/text()") == [file.get("SIZE")]
        assert found(premis, ".//premis:objectIdentifierValue/text()") == found(file, ".//@xlink:href")


def test_mets_holds_the_deposit_licence():
    (licence,) = found(rendered("mets", ARTICLE), "//mets:rightsMD//mets:binData/text()")
    assert base64.b64decode(licence) == ARTICLE.license
    assert found(rendered("mets", EMPTY), "//mets:amdSec | //mets:fileSec") == []


def test_mods_links_to_an_orcid_and_to_nothing_else():
    names = found(rendered("mods", FUNDED), "mods:name")
    links = [name.get("{http://www.w3.org/1999/xlink}href") for name in names]
    assert links[1:4] == ["https://orcid.org/0000-0001-0000-0001", None, "https://orcid.org/0000-0001-0000-0003"]


def test_mods_says_iso8601_of_dates_that_are():
    dates = found(rendered("mods", items.DATES), "mods:originInfo/mods:dateIssued")
    assert [date.text for date in dates if date.get("encoding")] == ["1999-12-31T23:59:59Z", "2000"]


def test_dspace_reads_files_and_their_bundles_in_a_resource_map():
    """As its harvester does: links first, then the description of each by its address."""
    entry = rendered("ore", ARTICLE)
    read = []
    for link in found(entry, f"/atom:entry/atom:link[@rel='{AGGREGATES}']"):
        described = f"/atom:entry/oreatom:triples/rdf:Description[@rdf:about='{link.get('href')}']"
        (bundle,) = found(entry, f"{described}/dcterms:description/text()")
        (kind,) = found(entry, f"{described}/rdf:type/@rdf:resource")
        assert kind == "http://www.dspace.org/objectModel/DSpaceBitstream"
        read.append((bundle, link.get("title"), link.get("type"), link.get("length")))
    assert read == [
        (bundle.name, file.name, file.mime_type, str(file.size)) for bundle in ARTICLE.bundles for file in bundle.files
    ]
    (page,) = found(entry, "atom:link[@rel='alternate']/@href")
    assert page == "https://archive.example.org/handle/10.9999/101"


def test_a_resource_map_leaves_out_the_one_it_came_from():
    bundles = [Bundle("ORE", [items.file("ORE.xml", "text/xml", 1, 1)])]
    entry = rendered("ore", replace(EMPTY, bundles=bundles))
    assert found(entry, f"atom:link[@rel='{AGGREGATES}']") == []


@pytest.mark.parametrize(
    ("available", "published"),
    [
        ("2024-02-29T23:59:59Z", True),
        ("2023-02-29T00:00:00Z", False),
        ("1900-02-29T00:00:00Z", False),
        ("2000-02-29T00:00:00Z", True),
        ("2024-04-31T00:00:00Z", False),
        ("2024-13-01T00:00:00Z", False),
        ("2024-01-01T24:00:00Z", False),
        ("0000-01-01T00:00:00Z", False),
        ("2024-01-01", False),
        ("", False),
    ],
)
def test_a_resource_map_says_when_it_was_published_if_that_is_a_moment(available, published):
    entry = rendered("ore", replace(EMPTY, metadata={"dc.date.available": [value(available)]}))
    assert found(entry, "atom:published/text()") == ([available] if published else [])


# Whatever there may be

texts = st.text(st.characters(exclude_categories=()), max_size=30)
names = st.sampled_from([*ARTICLE.metadata, *items.THESIS.metadata, *FUNDED.metadata, "x.y", "x.y.z", "dc.none"])
held = st.fixed_dictionaries(
    {"value": texts}, optional={"language": texts, "authority": texts, "confidence": st.integers(-1, 600)}
)
kept = st.builds(
    xoai.File,
    name=texts,
    source=texts,
    description=texts,
    mime_type=texts,
    size=st.integers(0, 2**63 - 1),
    url=texts.map(lambda text: f"https://archive.example.org/{quote(text, errors='replace')}"),
    checksum=st.sampled_from(["", "0" * 32]),
    checksum_algorithm=st.just("MD5"),
    sequence=st.none() | st.integers(0, 2**31 - 1),
    primary=st.booleans(),
)
records = st.builds(
    ItemRecord,
    handle=texts.map(lambda text: f"10.9999/{text}"),
    identifier=st.just("oai:archive.example.org:10.9999/1"),
    metadata=st.dictionaries(names, st.lists(held, max_size=3), max_size=6),
    last_modified=st.just(datetime(2024, 1, 1, tzinfo=UTC)),
    bundles=st.lists(
        st.builds(Bundle, st.sampled_from(["ORIGINAL", "TEXT", "LICENSE"]) | texts, st.lists(kept, max_size=3)),
        max_size=3,
        unique_by=lambda bundle: xoai.text(bundle.name),
    ),
    access=st.none() | st.builds(Access, texts, st.none() | st.dates()),
    license=st.binary(max_size=20),
)


@settings(max_examples=60, deadline=None)
@given(records)
def test_any_item_gives_well_formed_records_in_every_format(item):
    made = document(item)
    for form in FORMATS:
        root = rendered(form, made)
        again = etree.fromstring(etree.tostring(root, encoding="unicode"))
        assert etree.tostring(again) == etree.tostring(root)


@needs_shared("xsd")
@settings(max_examples=60, deadline=None)
@given(records)
def test_any_item_gives_valid_records(item):
    made = document(item)
    for form, schemas in SCHEMAS.items():
        for schema in schemas:
            items.assert_valid(schema, rendered(form, made))


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(names, st.lists(texts.filter(bool).map(value), max_size=3), max_size=6))
def test_dim_gives_every_value_back(metadata):
    root = rendered("dim", replace(EMPTY, metadata=metadata))
    read = {}
    for field in root:
        key = ".".join(filter(None, (field.get(n) for n in ("mdschema", "element", "qualifier"))))
        read.setdefault(key, []).append(field.text or "")
    expected = {name: [xoai.text(v["value"]) for v in of] for name, of in metadata.items() if of}
    escaped = {name: [xoai.text(text) for text in of] for name, of in read.items()}
    assert escaped == expected
