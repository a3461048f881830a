"""Who gives identifiers to objects: chosen, and put in order, by `identifier.providers` (docs/identifiers.md)."""
