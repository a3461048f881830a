"""The texts of mails that an institution edits: `config/emails/NAME`, in the form that DSpace's have.

In: the folder and name of a text, and its parameters. Out: subject and body. Called by: who sends mail. Fails:
EmailTextError with the file and what to do.

Lines that begin with `#` are comments; one line is `Subject: …`; `{0}`, `{1}` … are replaced by the parameters. A
paragraph, the lines between two empty ones, is left out when a parameter that it names is empty.
"""

import re
from collections.abc import Sequence
from pathlib import Path

_PARAMETER = re.compile(r"\{([0-9]{1,2})\}")
_SUBJECT = "subject:"


class EmailTextError(ValueError):
    """The text of a mail can't be used: one line that names the file and what to do."""


def written(path: Path, parameters: Sequence[str]) -> tuple[str, str]:
    """Return the subject, one line, and the body of a mail. Raises EmailTextError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EmailTextError(f"{path}: it can't be read: put the text that came with DSpace there ({error})") from error
    lines = [line.rstrip() for line in lines if not line.startswith("#")]
    subjects = [line for line in lines if line.lower().startswith(_SUBJECT)]
    if len(subjects) != 1:
        raise EmailTextError(f"{path}: it has {len(subjects)} lines that begin with Subject:, and needs one")
    lines.remove(subjects[0])
    named = {int(number) for number in _PARAMETER.findall("\n".join([*lines, *subjects]))}
    if unknown := sorted(number for number in named if number >= len(parameters)):
        raise EmailTextError(
            f"{path}: {{{unknown[0]}}} is none of its parameters; they go to {{{len(parameters) - 1}}}"
        )
    subject = " ".join(_filled(subjects[0][len(_SUBJECT) :], parameters).split())
    paragraphs = re.split(r"\n{2,}", "\n".join(lines).strip("\n"))
    return subject, "\n\n".join(_filled(text, parameters) for text in paragraphs if _is_said(text, parameters)) + "\n"


def _is_said(text: str, parameters: Sequence[str]) -> bool:
    return all(parameters[int(number)] for number in _PARAMETER.findall(text))


def _filled(text: str, parameters: Sequence[str]) -> str:
    return _PARAMETER.sub(lambda match: parameters[int(match[1])], text)
