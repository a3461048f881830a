"""What EZID is told of an item: elements by a map of the configuration, as DSpace's EZIDIdentifierProvider has it.

In: the item's record and its DataCite document, which has passed the preflight. Out: a small XML document with an
element for each name of EZID, which the connector turns into ANVL. Fails: lines that name the item and the field.
"""

from collections.abc import Callable, Mapping
from importlib import import_module

from lxml import etree

from common.dates import parse_partial
from common.text import xml_safe
from crosswalks.datacite import NAMESPACE, Record, Result

Transform = Callable[[str], str]

_N = {"d": NAMESPACE}
_CREATOR, _PUBLISHER, _TYPE = "datacite.creator", "datacite.publisher", "datacite.resourcetype"


def date_to_year(text: str) -> str:
    """Return the year of a date YYYY, YYYY-MM or YYYY-MM-DD. Raises ValueError for anything else."""
    found = parse_partial(text)
    if found is None:
        raise ValueError(f"{text!r} is no date such as YYYY, YYYY-MM or YYYY-MM-DD")
    return f"{found[0]:04d}"


def transform(path: str) -> Transform:
    """Return the transform of this name: DateToYear, also by its name in DSpace, or the dotted path of a function.

    Raises ImportError, AttributeError.
    """
    if path.rpartition(".")[2] == "DateToYear":
        return date_to_year
    module, _, name = path.rpartition(".")
    found: Transform = getattr(import_module(module), name)
    return found


def disseminate(
    record: Record, datacite: str, crosswalk: Mapping[str, str], transforms: Mapping[str, Transform], publisher: str
) -> Result:
    """Return the elements of an item.

    `crosswalk` is {name of EZID: field}; `transforms` are applied to the values of names, and may raise ValueError. All
    authors make one value, of other fields the first counts. What has no value has that of the DataCite document: the
    publisher (`publisher`, if that is set) and the type of resource, which EZID wants too.
    """
    root, problems = etree.Element("elements"), []
    defaults = _defaults(datacite, publisher)
    for name in sorted({*crosswalk, *defaults}):
        values = [xml_safe(value["value"]).strip() for value in record.metadata.get(crosswalk.get(name, ""), ())]
        values = [value for value in values if value]
        try:
            told = [str(transforms[name](value)) if name in transforms else value for value in values]
        except ValueError as error:
            problems.append(f"{record.name}: {name} can't be made of {crosswalk[name]}: {error}")
            continue
        if text := "; ".join(told if name == _CREATOR else told[:1]) or defaults.get(name, ""):
            etree.SubElement(root, "element", name=name).text = xml_safe(text)
    return Result(None, problems) if problems else Result(etree.tostring(root, encoding="unicode"), [])


def _defaults(datacite: str, publisher: str) -> dict[str, str]:
    root = etree.fromstring(datacite.encode())
    general = root.find("d:resourceType", _N)
    return {
        _PUBLISHER: publisher or root.findtext("d:publisher", "", _N),
        _TYPE: f"{general.get('resourceTypeGeneral')}/{general.text or ''}".rstrip("/") if general is not None else "",
    }
