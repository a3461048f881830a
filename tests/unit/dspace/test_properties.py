"""The syntax of configuration files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dspace.properties import Entry, PropertiesError, parse

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
layouts = st.sampled_from([" = ", "=", ":", " : ", " ", "\t=\t", " \\\n   = ", "= \\\n \t "])


def escaped(text: str, unicode: bool) -> str:
    """Any text as one item of a properties file, every special character escaped."""
    out = []
    for character in text:
        if character in "\n\r":
            out.append({"\n": "\\n", "\r": "\\r"}[character])
        elif unicode and ord(character) > 126 and ord(character) <= 0xFFFF:
            out.append(f"\\u{ord(character):04x}")
        elif unicode and ord(character) > 0xFFFF:
            high, low = divmod(ord(character) - 0x10000, 0x400)
            out.append(f"\\u{0xD800 + high:04X}\\u{0xDC00 + low:04X}")
        elif character.isalnum():
            out.append(character)
        else:
            out.append("\\" + character)
    return "".join(out)


def unblanked(text: str) -> str:
    """Blanks at the ends of an item do not count, escaped or not."""
    return text.strip(" \t\f")


@given(key=words, values=st.lists(words.map(unblanked), min_size=1, max_size=4), layout=layouts, unicode=st.booleans())
def test_what_is_written_escaped_is_read_as_it_was(key: str, values: list[str], layout: str, unicode: bool) -> None:
    line = escaped(key, unicode) + layout + ", ".join(escaped(value, unicode) for value in values)

    assert list(parse(line + "\n")) == [Entry(key, tuple(values), 1)]


@given(st.text(st.sampled_from(list("ab=:,# !\\\n\r\t\fu0dé${}"))))
def test_any_text_is_read_or_refused_with_a_line_number(text: str) -> None:
    try:
        entries = list(parse(text))
        lines = [entry.line for entry in entries]
        assert all(entry.key and entry.values for entry in entries)
    except PropertiesError as error:
        lines = [error.line]
    assert lines == sorted(lines)
    assert all(1 <= line <= len(text) + 1 for line in lines)


@pytest.mark.parametrize(
    ("text", "key", "values"),
    [
        ("a=b", "a", ("b",)),
        ("a:b", "a", ("b",)),
        ("a b", "a", ("b",)),
        ("  a  =  b  ", "a", ("b",)),
        ("a", "a", ("",)),
        ("a =", "a", ("",)),
        ("a = b = c:d", "a", ("b = c:d",)),
        ("a\\ b\\=c = d", "a b=c", ("d",)),
        ("a = b, c ,d", "a", ("b", "c", "d")),
        ("a = b\\, c", "a", ("b, c",)),
        ("a = b # no comment", "a", ("b # no comment",)),
        ("a = b\\\n    c", "a", ("bc",)),
        ("a = b, \\\n    # c", "a", ("b", "# c")),
        ("a = b\\\\", "a", ("b\\",)),
        ("a = \\u00e9\\t\\q", "a", ("é\tq",)),
        ("a = Universität", "a", ("Universität",)),
        ("a = b\r\n", "a", ("b",)),
        ("a = b \\", "a", ("b",)),
    ],
)
def test_a_line_is_read_as_java_reads_it(text: str, key: str, values: tuple[str, ...]) -> None:
    assert list(parse(text)) == [Entry(key, values, 1)]


def test_comments_and_empty_lines_do_not_count() -> None:
    text = "# one\n\n  ! two \\\na = 1\n   \n#b = 2\nc = \\\n 3\nd = 4"

    assert list(parse(text)) == [Entry("a", ("1",), 4), Entry("c", ("3",), 7), Entry("d", ("4",), 9)]


@pytest.mark.parametrize(
    ("text", "message"),
    [("\na = \\u12g4", "malformed escape"), ("\n= b", "without a key"), ("\na = \\ud83d", "surrogate")],
)
def test_a_malformed_line_is_named(text: str, message: str) -> None:
    with pytest.raises(PropertiesError, match=message) as caught:
        list(parse(text))

    assert caught.value.line == 2
