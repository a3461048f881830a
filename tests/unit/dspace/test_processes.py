"""The processes of `make run`: their logs."""

import os
import sys
import time
from pathlib import Path

import pytest

from dspace.embedded import processes


def test_a_long_log_begins_anew_and_the_one_before_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LONG", 10)
    for folder in ("log", "run"):
        (tmp_path / folder).mkdir()
    log, before = tmp_path / "log" / "say.log", tmp_path / "log" / "say.log.1"
    for number in range(3):
        started = processes.Processes(tmp_path)
        started.start("say", [sys.executable, "-c", f"print('run {number}')"], environ=os.environ, cwd=tmp_path)
        deadline = time.monotonic() + 20
        while started.ended() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        started.stop()
        if number == 1:
            assert log.read_text() == "run 0\nrun 1\n"
    assert (before.read_text(), log.read_text()) == ("run 0\nrun 1\n", "run 2\n")
