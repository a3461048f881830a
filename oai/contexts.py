"""The contexts of this provider and the formats each offers. A context is a base URL: `/oai/request`."""

from collections.abc import Mapping
from dataclasses import dataclass

from oai.protocol.verbs import MetadataFormat


@dataclass(frozen=True, slots=True)
class Context:
    """A view on the repository for one kind of harvester."""

    name: str
    description: str
    formats: tuple[MetadataFormat, ...]


OAI_DC = MetadataFormat(
    prefix="oai_dc",
    schema="http://www.openarchives.org/OAI/2.0/oai_dc.xsd",
    namespace="http://www.openarchives.org/OAI/2.0/oai_dc/",
)

REQUEST = Context("request", "All public items of this repository", (OAI_DC,))
CONTEXTS: Mapping[str, Context] = {REQUEST.name: REQUEST}
