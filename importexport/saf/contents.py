"""The `contents` file: one line per bitstream, tab separated."""

import re

from importexport.saf.plan import BadItem, FilePlan, Permission

_LINES = re.compile(r"\r\n|\r|\n")
_PERMISSION = re.compile(r"\s*-([rwRW])\s+(?:'([^']+)'|([^\s'].*?))\s*")
_REGISTERED = re.compile(r"-r\s+-s\s+(\d{1,4})\s+-f\s+(.+)")
_ACTIONS = {"r": "READ", "w": "WRITE"}


def parse_contents(text: str) -> list[FilePlan]:
    """Return the files that `text` lists, in order.

    `name[TAB bundle:NAME][TAB permissions:-r|-w 'Group'][TAB description:TEXT][TAB primary:true][TAB name:NAME]`
    copies a file of the folder; `-r -s STORE -f PATH[TAB ...]` registers one that lies in a bitstore already.
    `name:` is ours: the name of a bitstream whose file had to be called otherwise in the folder; DSpace skips it.

    Raises BadItem for a line that can't be meant.
    """
    return [_parse_line(line) for line in _LINES.split(text) if line.strip()]


def _parse_line(line: str) -> FilePlan:
    head, *rest = line.split("\t")
    options = _options(rest)
    store, path = _registered(line.strip().split("\t")[0]) if head.lstrip().startswith("-r ") else (None, head)
    name = options.get("name") or (path if store is None else path.rsplit("/", 1)[-1])
    if not name.strip():
        raise BadItem(f"contents: a line without a file name: {line!r}")
    return FilePlan(
        name=name,
        path=path,
        store=store,
        bundle=options.get("bundle") or ("LICENSE" if name == "license.txt" else "ORIGINAL"),
        description=options.get("description") or None,
        primary=options.get("primary", "").lower() == "true",
        permission=_permission(options["permissions"]) if "permissions" in options else None,
    )


def _options(parts: list[str]) -> dict[str, str]:
    pairs = (part.partition(":") for part in parts)
    return {key.strip(): value.strip() for key, colon, value in reversed(list(pairs)) if colon}  # the first one counts


def _permission(text: str) -> Permission:
    match = _PERMISSION.fullmatch(text)
    if not match:
        raise BadItem(f"contents: permissions:{text} is not -r 'Group' or -w 'Group'")
    return Permission(_ACTIONS[match[1].lower()], match[2] or match[3])


def _registered(head: str) -> tuple[int, str]:
    match = _REGISTERED.fullmatch(head)
    if not match:
        raise BadItem(f"contents: {head} is not -r -s STORE -f PATH")
    return int(match[1]), match[2]
