"""The numbers of a pager."""

from django import template

register = template.Library()


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
