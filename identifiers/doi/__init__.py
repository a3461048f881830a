"""The life of DOIs: their states here, and what a registration agency is told of them (docs/identifiers.md)."""
