"""Texts of any length where a page has many of them."""

MAX_SHOWN = 500  # characters: a title of millions would stop the browser on every page that lists it


def cut(text: str) -> str:
    """Return the text, or its first MAX_SHOWN characters and an ellipsis."""
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN].rstrip() + "…"
