"""Tags that every page uses, the error pages too: they need neither the database nor a context processor."""

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def site_name() -> str:
    """Return the repository's name (`dspace.name`)."""
    return str(settings.DSPACE.get("dspace.name", "") or "Repository")


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return the drawing `name` of static/img/icons.svg, for the eye only: the text beside it says the same."""
    drawing = '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>'
    return format_html(drawing, static("img/icons.svg"), name)
