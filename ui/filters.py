"""The filters of a search in its address, under the names DSpace's pages use: `filtertype_1`,
`filter_relational_operator_1`, `filter_1`, `filtertype_2`…
"""

import re

from django.core.exceptions import BadRequest
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from search.backend import Field, Filter, Op
from ui import parameters

MAX_FILTERS = 20
_TYPE = re.compile(r"filtertype_([0-9]{1,4})")
_PART = re.compile(r"filter(?:type|_relational_operator)?_[0-9]+")


def from_request(request: HttpRequest) -> tuple[Filter, ...]:
    """Return the filters, each once, in the order of their numbers; those of unknown fields are left out.

    Raises BadRequest for more than MAX_FILTERS.
    """
    numbers = sorted({match[1] for name in request.GET if (match := _TYPE.fullmatch(name))}, key=int)
    if len(numbers) > MAX_FILTERS:
        raise BadRequest(_("At most %(number)d filters can be combined.") % {"number": MAX_FILTERS})
    found = (_filter(request, number) for number in numbers)
    return tuple(dict.fromkeys(one for one in found if one))


def _filter(request: HttpRequest, number: str) -> Filter | None:
    field = parameters.choice(request, f"filtertype_{number}", list(Field), default="")
    operator = parameters.choice(request, f"filter_relational_operator_{number}", list(Op), default=Op.EQUALS)
    value = parameters.text(request, f"filter_{number}", limit=parameters.MAX_ADDRESS)
    return Filter(Field(field), Op(operator), value) if field and value else None


def address(base: QueryDict, filters: tuple[Filter, ...], path: str = "/search") -> str:
    """Return the address of a search like `base` with exactly these filters, from its first page."""
    query = base.copy()
    for name in [name for name in query if _PART.fullmatch(name) or name == "page"]:
        del query[name]
    for number, one in enumerate(filters, start=1):
        query[f"filtertype_{number}"] = one.field
        query[f"filter_relational_operator_{number}"] = one.op
        query[f"filter_{number}"] = one.value
    return f"{path}?{query.urlencode()}"
