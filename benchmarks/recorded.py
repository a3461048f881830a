"""A WSGI application that answers with what was recorded: what gunicorn and a client cost without the provider."""

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

VARIABLE = "BENCH_RECORDED"  # the file of the recording: a JSON object, path with query to response

_answers: dict[str, bytes] = {}
if VARIABLE in os.environ:
    _answers = {path: text.encode() for path, text in json.loads(Path(os.environ[VARIABLE]).read_bytes()).items()}


def application(
    environ: dict[str, str], start_response: Callable[[str, list[tuple[str, str]]], object]
) -> Iterable[bytes]:
    """Answer with the recording of this address, anything else with nothing."""
    body = _answers.get(f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}", b"")
    start_response("200 OK", [("Content-Type", "text/xml;charset=UTF-8"), ("Content-Length", str(len(body)))])
    return [body]
