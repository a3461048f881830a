"""The processes of `make run`: their logs, and what becomes of those that end."""

import os
import sys
import time
from pathlib import Path

import pytest

from dspace.embedded import processes, run


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


class Ended(processes.Processes):
    """One process that has ended whenever somebody looks."""

    def __init__(self, var: Path, name: str) -> None:
        super().__init__(var)
        self.name = name
        self.log(name).parent.mkdir(exist_ok=True)
        self.log(name).write_text("out of memory")

    def ended(self) -> str:
        return self.name


def test_what_ends_now_and_then_is_started_again_for_ever(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    started: list[str] = []
    begun: dict[str, list[float]] = {}
    moments = [0.0, 10.0, 20.0, 60.0, 70.0, 80.0, 1000.0]
    for now in moments:
        run.start_ended_again(Ended(tmp_path, "worker"), started.append, begun, now=now)
    assert started == ["worker"] * len(moments)
    assert capsys.readouterr().out.count("The worker process has ended and is started again; ") == len(moments)


def test_what_ends_four_times_within_a_minute_ends_all_with_the_end_of_its_log(tmp_path: Path) -> None:
    begun: dict[str, list[float]] = {}
    for now in (0.0, 10.0, 20.0):
        run.start_ended_again(Ended(tmp_path, "worker"), lambda name: None, begun, now=now)
    with pytest.raises(run.CannotRun, match=r"^out of memory\nThe worker process has ended 4 times within 60 seconds"):
        run.start_ended_again(Ended(tmp_path, "worker"), lambda name: None, begun, now=59.9)


def test_the_web_server_is_not_started_again(tmp_path: Path) -> None:
    with pytest.raises(run.CannotRun, match=r"^out of memory\nThe web process has ended; "):
        run.start_ended_again(Ended(tmp_path, "web"), lambda name: None, {}, now=0.0)
