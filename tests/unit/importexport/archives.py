"""Small archives for tests."""

from pathlib import Path
from xml.sax.saxutils import escape, quoteattr


def dublin_core(values: dict[str, str | list[str]], schema: str = "dc") -> str:
    """`dublin_core({"title": "A", "subject": ["x", "y"], "date.issued": "2020"})`."""
    lines = []
    for field, texts in values.items():
        element, _, qualifier = field.partition(".")
        for text in [texts] if isinstance(texts, str) else texts:
            attributes = f'element="{element}" qualifier={quoteattr(qualifier or "none")}'
            lines.append(f"<dcvalue {attributes}>{escape(text)}</dcvalue>")
    return f'<dublin_core schema="{schema}">{"".join(lines)}</dublin_core>'


def make_item(
    archive: Path,
    name: str,
    values: dict[str, str | list[str]] | None = None,
    *,
    files: dict[str, bytes] | None = None,
    contents: str | None = None,
    **others: str,
) -> Path:
    """Write the folder `name`: metadata, files, `contents` (default: the files), and others (`handle="1/2"`)."""
    folder = archive / name
    folder.mkdir(parents=True)
    (folder / "dublin_core.xml").write_text(dublin_core(values or {"title": f"Title of {name}"}), "utf-8")
    for path, data in (files or {}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    if contents is None and files:
        contents = "\n".join(files)
    for path, text in {**others, **({"contents": contents} if contents is not None else {})}.items():
        (folder / path).write_text(text, "utf-8")
    return folder
