"""The conditions that filters of xoai.xml are made of, and the filters that come with the repository."""

import functools
from datetime import UTC, datetime

import pytest
from lxml import etree

from crosswalks import xoai
from oai import configuration, running
from oai.conditions import (
    DSPACE_CLASSES,
    And,
    ConditionError,
    Facts,
    LanguageOfISO6393,
    Not,
    OneOfVocabulary,
    OpenlyAccessible,
    Or,
)
from oai.languages import TABLE, iso_639_3
from oai.rendering import render

EXISTS = DSPACE_CLASSES["org.dspace.xoai.filter.DSpaceMetadataExistsFilter"]
AT_LEAST_ONE = DSPACE_CLASSES["org.dspace.xoai.filter.DSpaceAtLeastOneMetadataFilter"]
PUBLIC = DSPACE_CLASSES["org.dspace.xoai.filter.DSpaceAuthorizationFilter"]
WITHDRAWN = DSPACE_CLASSES["org.dspace.xoai.filter.DSpaceWithdrawnFilter"]
HAS_FILE = DSPACE_CLASSES["org.dspace.xoai.filter.ItemsWithBitstreamFilter"]

GRANT = "info:eu-repo/grantAgreement/EC/FP7/123456"
SIXTEEN = [
    *("article", "bachelorThesis", "masterThesis", "doctoralThesis", "book", "bookPart", "review", "conferenceObject"),
    *("lecture", "workingPaper", "preprint", "report", "annotation", "contributionToPeriodical", "patent", "other"),
]


@functools.cache
def shipped():
    return configuration.load(running.folder()).contexts


def facts(*, public=True, withdrawn=False, has_file=True, open_file=True, **fields):
    metadata = {name.replace("__", "."): [value] if isinstance(value, str) else value for name, value in fields.items()}
    return Facts(metadata, public, withdrawn, has_file, open_file)


COMPLETE = {
    "dc__title": "Owls",
    "dc__contributor__author": "Uhu, Ada",
    "dc__date__issued": "2024",
    "dc__language__iso": "en_US",
    "dc__type": "article",
}


@pytest.mark.parametrize(
    ("operator", "wanted", "shown"),
    [
        ("starts_with", "Doctoral", True),
        ("starts_with", "Thesis", False),
        ("ends_with", "Thesis", True),
        ("ends_with", "Doctoral", False),
        ("contains", "ral Th", True),
        ("contains", "ral th", False),
        ("equal", "Doctoral Thesis", True),
        ("equal", "Doctoral", False),
        ("greater", "Doctoral", True),
        ("greater", "Doctoral Thesis", False),
        ("greater_or_equal", "Doctoral Thesis", True),
        ("greater_or_equal", "E", False),
        ("lower", "E", True),
        ("lower", "Doctoral Thesis", False),
        ("lower_or_equal", "Doctoral Thesis", True),
        ("lower_or_equal", "Doctoral", False),
        ("EQUAL", "Doctoral Thesis", True),  # DSpace takes operators in any case
    ],
)
def test_each_operator_compares_texts(operator, wanted, shown):
    condition = AT_LEAST_ONE({"field": "dc.type", "operator": operator, "value": wanted})
    assert condition.shows(facts(dc__type=["2001", "Doctoral Thesis"][1:])) is shown


def test_one_value_that_fits_one_of_the_wanted_is_enough():
    condition = AT_LEAST_ONE({"field": "dc.type", "operator": "equal", "values": ["book", "article"]})
    assert condition.shows(facts(dc__type=["image", "article"]))
    assert not condition.shows(facts(dc__type=["image"]))
    assert not condition.shows(facts())


def test_of_several_fields_one_is_enough():
    condition = EXISTS({"fields": ["dc.title", "dc.title.alternative"]})
    assert condition.shows(facts(dc__title__alternative="Owls"))
    assert not condition.shows(facts(dc__title=[]))
    assert not condition.shows(facts(dc__description="Owls"))


@pytest.mark.parametrize(
    ("field", "shown"),
    [("dc.contributor.*", True), ("dc.*.author", True), ("dc.contributor", False), ("dc.*", False), ("*", False)],
)
def test_a_star_stands_for_one_part_of_a_field(field, shown):
    assert EXISTS({"field": field}).shows(facts(dc__contributor__author="Uhu, Ada")) is shown


@pytest.mark.parametrize("condition", [PUBLIC, WITHDRAWN, HAS_FILE])
@pytest.mark.parametrize("yes", [True, False])
def test_conditions_of_the_item_itself(condition, yes):
    fact = {PUBLIC: "public", WITHDRAWN: "withdrawn", HAS_FILE: "has_file"}[condition]
    assert condition({}).shows(facts(**{fact: yes})) is yes


@pytest.mark.parametrize(("left", "right"), [(True, True), (True, False), (False, True), (False, False)])
def test_conditions_combine(left, right):
    a, b = PUBLIC({}), HAS_FILE({})
    item = facts(public=left, has_file=right)
    assert And(a, b).shows(item) is (left and right)
    assert Or(a, b).shows(item) is (left or right)
    assert Not(a).shows(item) is not left


@pytest.mark.parametrize(
    ("made", "parameters"),
    [
        (EXISTS, {}),
        (EXISTS, {"fields": []}),
        (EXISTS, {"field": {"name": "dc.title"}}),
        (AT_LEAST_ONE, {"field": "dc.type", "operator": "equals", "value": "x"}),
        (AT_LEAST_ONE, {"field": "dc.type", "value": "x"}),
        (AT_LEAST_ONE, {"field": ["dc.type", "dc.title"], "operator": "equal", "value": "x"}),
        (AT_LEAST_ONE, {"field": "dc.type", "operator": "equal"}),
        (OneOfVocabulary, {"field": "dc.type", "values": ["x"]}),
        (LanguageOfISO6393, {}),
    ],
)
def test_parameters_that_make_no_sense_are_refused(made, parameters):
    with pytest.raises(ConditionError):
        made(parameters)


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en_US", True),
        ("en", True),
        ("eng", True),
        ("ger", True),
        ("pt-BR", True),
        ("", False),
        ("other", False),
        ("x", 0),
    ],
)
def test_a_language_must_be_one_of_iso_639_3(language, shown):
    condition = LanguageOfISO6393({"fields": ["dc.language", "dc.language.iso"]})
    assert condition.shows(facts(dc__language__iso=language)) == shown
    assert condition.shows(facts(dc__language=language)) == shown


@pytest.mark.parametrize(
    ("has_file", "open_file", "rights", "shown"),
    [
        (True, True, [], True),
        (True, True, ["closedAccess"], True),
        (True, False, ["info:eu-repo/semantics/openAccess"], False),
        (False, False, ["info:eu-repo/semantics/openAccess"], True),
        (False, False, ["openAccess"], True),
        (False, False, ["not openAccess"], False),
        (False, False, [], False),
    ],
)
def test_openly_accessible_means_a_file_for_everybody_or_no_file_and_open_access(has_file, open_file, rights, shown):
    item = facts(has_file=has_file, open_file=open_file, dc__rights=rights)
    assert OpenlyAccessible({}).shows(item) is shown
    assert not OpenlyAccessible({}).shows(facts(public=False, dc__rights=rights))


# --- The filters that come with the repository (issue 4, section 2) ---


def shows(context, item):
    return shipped()[context].filter.shows(item)


def test_the_contexts_for_everything_have_no_filter():
    contexts = shipped()
    assert [name for name, context in contexts.items() if context.filter is None] == ["request", "openaire4"]


@pytest.mark.parametrize("prefix", ["", "info:eu-repo/semantics/"])
@pytest.mark.parametrize("kind", SIXTEEN)
def test_driver_shows_its_sixteen_types(kind, prefix):
    assert shows("driver", facts(**COMPLETE | {"dc__type": prefix + kind}))


@pytest.mark.parametrize(
    "kind",
    ["handbook", "datareport", "Article", "articles", "my article", "dataset", "Thesis", "", "info:eu-repo/semantics/"],
)
def test_driver_shows_no_type_that_only_looks_like_one_of_them(kind):
    assert not shows("driver", facts(**COMPLETE | {"dc__type": kind}))


@pytest.mark.parametrize("missing", sorted(COMPLETE))
@pytest.mark.parametrize("context", ["driver", "openaire"])
def test_each_mandatory_field_is_mandatory(context, missing):
    whole = COMPLETE | {"dc__relation": GRANT, "dc__rights": "info:eu-repo/semantics/openAccess"}
    assert shows(context, facts(**whole))
    assert not shows(context, facts(**{name: value for name, value in whole.items() if name != missing}))


def test_driver_wants_something_that_everybody_may_read():
    assert not shows("driver", facts(open_file=False, **COMPLETE))
    assert not shows("driver", facts(has_file=False, open_file=False, **COMPLETE))
    assert shows("driver", facts(has_file=False, open_file=False, dc__rights="openAccess", **COMPLETE))


@pytest.mark.parametrize("term", ["closedAccess", "embargoedAccess", "restrictedAccess", "openAccess"])
def test_openaire_shows_the_four_access_terms_whoever_may_read_the_files(term):
    rights = f"info:eu-repo/semantics/{term}"
    assert shows("openaire", facts(open_file=False, dc__relation=GRANT, dc__rights=rights, **COMPLETE))


@pytest.mark.parametrize(
    ("relation", "rights"),
    [
        (GRANT, "openAccess"),
        (GRANT, "info:eu-repo/semantics/freeAccess"),
        (GRANT, "CC BY 4.0"),
        ("EC/FP7/123456", "info:eu-repo/semantics/openAccess"),
        ("see info:eu-repo/grantAgreement/EC/FP7/1", "info:eu-repo/semantics/openAccess"),
    ],
)
def test_openaire_wants_a_project_and_an_access_term(relation, rights):
    assert not shows("openaire", facts(dc__relation=relation, dc__rights=rights, **COMPLETE))


def test_uketd_dc_is_for_theses():
    offered = shipped()["request"].formats
    thesis = next(f for f in offered if f.prefix == "uketd_dc").filter
    assert thesis.shows(facts(dc__type="Doctoral Thesis"))
    assert not thesis.shows(facts(dc__type="article"))
    assert [f.prefix for f in offered if f.filter] == ["uketd_dc"]


# --- Filters and transformers agree ---


def transformed(context, field, values):
    """Return the values of a field after the transformer of a context."""
    item = xoai.ItemRecord(
        "1/1", "oai:x:1/1", {field: [{"value": v} for v in values]}, datetime(2024, 1, 1, tzinfo=UTC)
    )
    document = xoai.document(item, xoai.RepositoryInfo("", "", ""), xoai.elements(item))
    contexts = shipped()
    as_it_is = next(f for f in contexts["request"].formats if f.prefix == "xoai")
    root = etree.fromstring(render(as_it_is, contexts[context].transformer, document))
    path = "".join(f"/x:element[@name='{name}']" for name in field.split("."))
    namespaces = {"x": xoai.NAMESPACE}
    return [field.text for field in root.xpath(f".{path}/x:element/x:field[@name='value']", namespaces=namespaces)]


TAGS = [
    *TABLE,
    "en_US",
    "EN-gb",
    " de ",
    "ger",
    "qaa",
    "Eng",
    "zho-Hant",
    "other",
    "N/A",
    "x",
    "e",
    "engl",
    "en US",
    "ÉN",
]


@pytest.mark.parametrize("context", ["driver", "openaire", "openaire4"])
@pytest.mark.parametrize("field", ["dc.language", "dc.language.iso"])
def test_what_the_filter_takes_for_a_language_is_shown_as_iso_639_3(context, field):
    assert transformed(context, field, TAGS) == [iso_639_3(tag) or tag for tag in TAGS]


def test_driver_shows_its_types_with_info_eu_repo():
    shown = [f"info:eu-repo/semantics/{kind}" for kind in SIXTEEN]
    assert transformed("driver", "dc.type", SIXTEEN) == shown
    assert transformed("driver", "dc.type", shown) == shown


def test_closed_access_stays_closed_access():
    terms = [f"info:eu-repo/semantics/{term}Access" for term in ("closed", "embargoed", "restricted", "open")]
    assert [transformed("openaire", "dc.rights", [term]) for term in terms] == [[term] for term in terms]
