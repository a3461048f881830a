"""Cutting text into words: one way for documents, questions and highlighting, so that they always agree."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Set
from functools import lru_cache

from common.text import fold

MAX_WORD = 64  # characters; longer ones are cut, in documents and questions alike
MAX_POSITION = 16_383  # PostgreSQL's largest word position; words beyond are left out
_BREAK = "\x1f"  # between two texts (ASCII's unit separator)
_STOP = "."  # what stands for a break among words: no word holds it
MAX_TEXT = 100_000  # characters of one document; PostgreSQL refuses a tsvector of 1 MB

# Scripts written without blanks between words (kana, Han, Thai to Khmer), and Hangul, where particles stick to words.
_RUN = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
# Vowel signs of Indic scripts are no letters to Python, yet stand inside words; U+0964 and U+0965 are punctuation.
_SIGNS = "\u0300-\u036f\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff"
# First the plain words that most text is made of, for the classes below are slow; then words of any letters, runs.
_CHUNK = re.compile(
    f"[A-Za-z0-9]++(?![^\\x00-\\x7f])|[^\\W_{_RUN}]+(?:[{_SIGNS}][^\\W_{_RUN}]*)*|[{_RUN}]+|[{_SIGNS}]+"
)
_RUN_START = re.compile(f"[{_RUN}]")
# What each byte of UTF-8 becomes: capitals of ASCII small, all else of ASCII but letters, digits, the break a blank.
_PLAIN = bytes(
    ord(char.lower()) if char.isalnum() or char == _BREAK else ord(" ") for char in map(chr, range(128))
) + bytes(range(128, 256))


def words(text: str) -> list[str]:
    """Return the words of `text` in order, folded. A run without blanks becomes pairs, and its last character."""
    return [word for word in _words_and_breaks(text) if word != _STOP]


def terms(text: str) -> list[tuple[list[str], bool]]:
    """Return what to look for to find `text`: for each stretch its consecutive words, and whether the last is a prefix.

    A run of one character is a prefix, as documents hold it at the head of a pair or at the end of a run.
    """
    found: list[tuple[list[str], bool]] = []
    for raw in _CHUNK.findall(text):
        for chunk in _CHUNK.findall(_folded(raw)):
            if not is_run(chunk):
                found.append(([chunk[:MAX_WORD]], False))
            elif len(chunk) == 1:
                found.append(([chunk], True))
            else:
                found.append((_pairs(chunk), False))
    return found


def spans(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, folded word) of the original `text`, in the order of `words`, for highlighting."""
    for match in _CHUNK.finditer(text):
        start, end = match.span()
        bare = _folded(match.group())
        if is_run(bare) and len(bare) == end - start:
            yield from ((start + i, start + i + 2, pair) for i, pair in enumerate(_pairs(bare)))
            yield end - 1, end, bare[-1]
        else:  # where folding moved the characters of a run, all of it is the place of each of its pairs
            yield from ((start, end, word) for word in _words_of_chunk(match.group()))


def is_run(chunk: str) -> bool:
    """Whether a chunk begins in a script without blanks."""
    return _RUN_START.match(chunk) is not None


def vector(parts: Iterable[tuple[str, Iterable[str]]]) -> tuple[str, Set[str]]:
    """Return (weight A-D, texts) in the form PostgreSQL reads a tsvector in (`'owl':1A,4 'night':17`), and its words.

    Texts are one position apart, so that no phrase runs across two of them. What PostgreSQL would refuse for its
    size is left out.
    """
    lexemes: dict[str, str] = {}
    position, left = 1, MAX_TEXT
    for weight, texts in parts:
        label = "" if weight == "D" else weight
        text = _BREAK.join(texts)[:left]  # cut into words in one go; a break takes a position
        found = _words_and_breaks(text)[: max(MAX_POSITION - position, 0)]
        for number, word in enumerate(found, position):
            if word in lexemes:
                lexemes[word] += f",{number}{label}"
            else:
                lexemes[word] = f"'{word}':{number}{label}"
        position += len(found) + 1
        left -= len(text)
    lexemes.pop(_STOP, None)
    return " ".join(lexemes.values()), lexemes.keys()


def _words_and_breaks(text: str) -> list[str]:
    """Return the words of `text`, and a _STOP for each break between them."""
    # Most text is plain: three passes of C over its bytes cut it four times as fast as a regular expression.
    plain = text.encode("utf-8", "surrogatepass").translate(_PLAIN).decode("utf-8", "surrogatepass")
    chunks = plain.replace(_BREAK, f" {_STOP} ").split()
    if text.isascii():
        return [chunk[:MAX_WORD] for chunk in chunks]
    result: list[str] = []
    for chunk in chunks:
        if chunk.isascii():
            result.append(chunk[:MAX_WORD])
        else:
            result += _words_of_short(chunk) if len(chunk) <= MAX_WORD else _words_of_stretch(chunk)
    return result


def _pairs(run: str) -> list[str]:
    """Return the overlapping pairs of characters of a run: 図書館 is 図書, 書館."""
    return [run[i : i + 2] for i in range(len(run) - 1)]


def _folded(chunk: str) -> str:
    """Return `chunk` as it is compared: case and accents folded, syllables of Hangul whole."""
    return chunk.lower() if chunk.isascii() else unicodedata.normalize("NFC", fold(chunk))


def _words_of_stretch(stretch: str) -> tuple[str, ...]:
    """Return the words of a stretch of text without blanks."""
    return tuple(word for chunk in _CHUNK.findall(stretch) for word in _words_of_chunk(chunk))


_words_of_short = lru_cache(maxsize=10_000)(_words_of_stretch)  # not of long ones, for memory


def _words_of_chunk(chunk: str) -> list[str]:
    """Return the words of one chunk of the text. Folding may break it up (½ becomes 1 and 2)."""
    found: list[str] = []
    for piece in _CHUNK.findall(_folded(chunk)):
        if is_run(piece):
            found += [*_pairs(piece), piece[-1]]
        else:
            found.append(piece[:MAX_WORD])
    return found
