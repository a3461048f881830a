"""Text as people sort and search it: accents, case and leading articles folded."""

import re
import unicodedata

# Letters that Unicode does not decompose, spelt as library catalogues file them.
_LETTERS = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ø": "o", "Ø": "o", "đ": "d", "Đ": "d", "ð": "d",
        "Ð": "d", "þ": "th", "Þ": "th", "ł": "l", "Ł": "l", "ı": "i", "ħ": "h", "Ħ": "h", "’": "'", "ʼ": "'",
    }
)  # fmt: skip
# Only languages whose article can't be taken for another word at the head of a title ("die", "a" differ by language).
_ARTICLES = {
    "en": ("the ", "a ", "an "),
    "de": ("der ", "die ", "das ", "ein ", "eine "),
    "fr": ("le ", "la ", "les ", "l'", "un ", "une "),
    "es": ("el ", "la ", "los ", "las ", "un ", "una "),
    "it": ("il ", "lo ", "la ", "i ", "gli ", "le ", "l'", "un ", "uno ", "una ", "un'"),
    "pt": ("o ", "a ", "os ", "as ", "um ", "uma "),
    "nl": ("de ", "het ", "een "),
}
# Marks that readers and catalogues leave out: of Latin, Greek and Cyrillic, Hebrew and Arabic points. Others make
# another letter of theirs: the voicing marks of kana, the vowel signs of Indic scripts.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
)
_DIGITS = re.compile(r"\d+")
_SPACES = re.compile(r"\s+")
_ILLEGAL_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def fold(text: str) -> str:
    """Return `text` without case and accents, blanks collapsed: what two spellings of one word share."""
    if not text.isascii():
        decomposed = unicodedata.normalize("NFKD", text.translate(_LETTERS))
        text = unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed))
    return _SPACES.sub(" ", text.casefold()).strip()


def sort_key(text: str) -> str:
    """Return the key `text` is filed under: folded, leading punctuation dropped, numbers in numeric order."""
    folded = fold(text)
    bare = re.sub(r"^[\W_]+", "", folded) or folded
    return _DIGITS.sub(lambda m: m.group().lstrip("0").zfill(8) if len(m.group()) < 9 else m.group(), bare)


def title_sort_key(text: str, language: str | None = None) -> str:
    """Return the key a title is filed under; the leading article of its language (default English) is ignored."""
    folded = re.sub(r"^[\W_]+", "", fold(text)) or fold(text)
    for article in _ARTICLES.get((language or "en")[:2].lower(), ()):
        if folded.startswith(article) and len(folded) > len(article):
            folded = folded[len(article) :]
            break
    return sort_key(folded)


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts `item_2` before `item_10`."""
    parts = re.split(r"(\d+)", name)
    return tuple((1, int(p), "") if p.isdecimal() else (0, 0, p) for p in parts)


def xml_safe(text: str) -> str:
    """Return `text` without the characters XML 1.0 forbids (section 2.2); astral characters stay."""
    return text if text.isprintable() else _ILLEGAL_XML.sub("", text)  # the test takes half the time
