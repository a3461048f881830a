"""Numbers: those of a pager, and large ones as people read them."""

from django import template
from django.utils.formats import number_format

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """Return the number with its thousands set apart, as the reader's language does it."""
    return number_format(number, force_grouping=True)


@register.simple_tag
def page_numbers(page: int, pages: int) -> list[int | None]:
    """Return the pages to link: the first, the last, those around `page`; None stands for a gap."""
    wanted = sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
    numbers: list[int | None] = []
    for number in wanted:
        if numbers and numbers[-1] != number - 1:
            numbers.append(None)
        numbers.append(number)
    return numbers
