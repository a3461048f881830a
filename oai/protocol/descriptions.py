"""What Identify may say besides: the containers of the implementation guidelines that OAI publishes with the standard.

Each function returns the content of one `description` element.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from crosswalks.markup import attribute
from oai.protocol.writer import element

_OAI = "http://www.openarchives.org/OAI/2.0/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(frozen=True, slots=True)
class Icon:
    """A picture that stands for the repository where others show its records; `width` and `height` in pixels."""

    url: str
    link: str = ""
    title: str = ""
    width: int | None = None
    height: int | None = None


def oai_identifier(repository: str, sample: str) -> str:
    """Return the scheme of identifiers (guidelines: oai-identifier, version 2.0)."""
    content = element("scheme", "oai") + element("repositoryIdentifier", repository) + element("delimiter", ":")
    content += element("sampleIdentifier", sample)
    return _container("oai-identifier", f"{_OAI}oai-identifier", "oai-identifier.xsd", content)


def friends(base_urls: Iterable[str]) -> str:
    """Return the addresses of other repositories that harvesters may like to know (guidelines: friends)."""
    content = "".join(element("baseURL", url) for url in base_urls)
    return _container("friends", f"{_OAI}friends/", "friends.xsd", content)


def branding(icon: Icon) -> str:
    """Return the picture and where it leads to (guidelines: branding). What is not given is left out."""
    parts = [
        ("url", icon.url),
        ("link", icon.link),
        ("title", icon.title),
        ("width", icon.width),
        ("height", icon.height),
    ]
    content = "".join(element(name, str(value)) for name, value in parts if value)
    return _container("branding", f"{_OAI}branding/", "branding.xsd", f"<collectionIcon>{content}</collectionIcon>")


def rights(reference: str) -> str:
    """Return the address of the licence under which the metadata may be used (guidelines: conveying rights)."""
    content = f'<rights><rightsReference ref="{attribute(reference)}"/></rights>'
    applies = f' appliesTo="{_OAI}entity#metadata"'
    return _container("rightsManifest", f"{_OAI}rights/", "rightsManifest.xsd", content, applies)


def _container(name: str, namespace: str, schema: str, content: str, attributes: str = "") -> str:
    location = f'xsi:schemaLocation="{namespace} {_OAI}{schema}"'
    return f'<{name} xmlns="{namespace}" xmlns:xsi="{_XSI}" {location}{attributes}>{content}</{name}>'
