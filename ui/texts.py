"""Texts of any length where a page has many of them."""

MAX_SHOWN = 500  # characters: a title of millions would stop the browser on every page that lists it


def cut(text: str, limit: int = MAX_SHOWN) -> str:
    """Return the text, or its first `limit` characters and an ellipsis."""
    return text if len(text) <= limit else text[:limit].rstrip() + "…"
