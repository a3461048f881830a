"""Connectors to DOI registration agencies, chosen by `identifier.doi.connector` (docs/doi-connectors.md)."""

from importlib import import_module
from typing import Protocol

from identifiers.connectors.port import DOIConnector

DEFAULT, OF_EZID = "datacite_mds", "ezid"
EZID_PROVIDER = "identifiers.providers.ezid.EZIDProvider"
NAMES = {
    "datacite_mds": "identifiers.connectors.datacite_mds.connect",
    "datacite_rest": "identifiers.connectors.datacite_rest.connect",
    "ezid": "identifiers.connectors.ezid.connect",
    "memory": "identifiers.connectors.memory.connect",
}


class Settings(Protocol):
    """The configuration, as far as a connector asks it."""

    def get(self, key: str, default: str | None = None) -> str | None:
        """Return the value of a key."""

    def list(self, key: str) -> list[str]:
        """Return all values of a key."""


class ConnectorMisconfigured(ValueError):
    """A setting of the connector is missing or can't be used: one line that names the key."""


def connector(settings: Settings) -> DOIConnector:
    """Return the connector that `identifier.doi.connector` names: a name of ours, or the dotted path of a callable
    that is given the configuration and returns one. Without a name: DataCite's MDS, or EZID where that is the provider.

    Nothing is sent. Keep it for a run: it keeps its connections open. Raises ConnectorMisconfigured.
    """
    name = settings.get("identifier.doi.connector")
    if not name:
        name = OF_EZID if EZID_PROVIDER in settings.list("identifier.providers") else DEFAULT
    module, _, attribute = NAMES.get(name, name).rpartition(".")
    try:
        connect = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        known = ", ".join(NAMES)
        raise ConnectorMisconfigured(
            f"identifier.doi.connector: {name!r} is neither one of {known} nor the dotted path of a connector: {error}"
        ) from error
    try:
        made: DOIConnector = connect(settings)
    except ConnectorMisconfigured:
        raise
    except Exception as error:  # a connector of somebody else: whatever it does is a mistake of that setting
        raise ConnectorMisconfigured(f"identifier.doi.connector: {name!r} makes no connector: {error!r}") from error
    return made
