"""Material that stays outside the repository: official schemas and real archives, in a folder beside it.

A test that needs it is skipped by name where the folder is absent.
"""

import functools
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("DSPACE_SHARED", ROOT.parent / "shared"))


def needs_shared(*parts: str) -> pytest.MarkDecorator:
    """Return the mark that skips a test, by name, where `shared/<parts>` is absent."""
    path = SHARED.joinpath(*parts)
    return pytest.mark.skipif(not path.exists(), reason=f"needs {Path('shared', *parts)} beside the repository")


@functools.cache
def oai_problems() -> Callable[[bytes], list[str]] | None:
    """Return the validator of whole OAI-PMH responses against the official schemas, None where they are absent."""
    script = SHARED / "xsd" / "check_response.py"
    if not script.exists():
        return None
    spec = importlib.util.spec_from_file_location("check_response", script)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return lambda data: module.problems(data)[0]
