"""The `contents` file: one line per bitstream, tab separated."""

import re

from importexport.saf.plan import BadItem, FilePlan, Permission

_LINES = re.compile(r"\r\n|\r|\n")
_PERMISSION = re.compile(r"\s*-([rwRW])\s+(?:'([^']+)'|([^\s'].*?))\s*")
_REGISTERED = re.compile(r"-r\s+-s\s+(\d{1,4})\s+-f\s+(.+)")
_ACTIONS = {"r": "READ", "w": "WRITE"}
LONGEST_BUNDLE = 128  # characters of a name that the database has room for
_SHOWN = 40


def parse_contents(text: str) -> list[FilePlan]:
    """Return the files that `text` lists, in order.

    `name[TAB bundle:NAME][TAB permissions:-r|-w 'Group'][TAB description:TEXT][TAB primary:true][TAB name:NAME]`
    copies a file of the folder; `-r -s STORE -f PATH[TAB ...]` registers one that lies in a bitstore already.
    `name:` is ours: the name of a bitstream whose file had to be called otherwise in the folder; DSpace skips it.

    Raises BadItem for a line that can't be meant, with its number.
    """
    files: list[FilePlan] = []
    for number, line in enumerate(_LINES.split(text), 1):
        try:
            files += [_parse_line(line)] if line.strip() else []
        except BadItem as error:
            raise BadItem(f"contents, line {number}: {error}") from error
    return files


def _parse_line(line: str) -> FilePlan:
    head, *rest = line.split("\t")
    options = _options(rest)
    store, path = _registered(line.strip().split("\t")[0]) if head.lstrip().startswith("-r ") else (None, head)
    name = options.get("name") or (path if store is None else path.rsplit("/", 1)[-1])
    if not name.strip():
        raise BadItem(f"it has no file name: {line!r}")
    bundle = options.get("bundle") or ("LICENSE" if name == "license.txt" else "ORIGINAL")
    if len(bundle) > LONGEST_BUNDLE:
        shown = f"{bundle[:_SHOWN]}…"
        raise BadItem(f"the bundle's name has {len(bundle)} characters, {LONGEST_BUNDLE} at most: {shown!r}")
    return FilePlan(
        name=name,
        path=path,
        store=store,
        bundle=bundle,
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
        raise BadItem(f"permissions:{text} is not -r 'Group' or -w 'Group'")
    return Permission(_ACTIONS[match[1].lower()], match[2] or match[3])


def _registered(head: str) -> tuple[int, str]:
    match = _REGISTERED.fullmatch(head)
    if not match:
        raise BadItem(f"{head} is not -r -s STORE -f PATH")
    return int(match[1]), match[2]
