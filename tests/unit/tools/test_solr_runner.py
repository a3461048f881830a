"""The Solr of tests and developers: it answers, keeps its index, and never outlives whoever started it."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pysolr
import pytest

from tools.solr import install, server
from tools.solr.server import running


def test_the_core_answers_and_takes_documents(solr):
    core = pysolr.Solr(solr, timeout=10)
    core.delete(q="*:*", commit=True)
    core.add([{"id": "one", "oai_list": "request"}], commit=True)
    assert [doc["id"] for doc in core.search("oai_list:request")] == ["one"]
    core.delete(q="*:*", commit=True)


def test_the_index_is_there_again_after_a_restart(solr, tmp_path):
    for number in range(2):
        with running(tmp_path / "home") as address:
            core = pysolr.Solr(address, timeout=10)
            assert core.search("*:*").hits == number
            core.add([{"id": f"{number}"}], commit=True)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_runner_ends(solr, tmp_path, end):
    command = [sys.executable, "-m", "tools.solr", "--port=0", f"--home={tmp_path / 'home'}"]
    runner = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path.cwd())
    assert b"answers at http://127.0.0.1:" in runner.stdout.readline()
    (java,) = psutil.Process(runner.pid).children()
    runner.send_signal(end)
    runner.wait(30)
    runner.stdout.close()
    java.wait(30)
    assert not java.is_running()


def test_a_core_that_can_not_be_loaded_is_an_error_that_names_the_log(solr, tmp_path, monkeypatch):
    configuration = tmp_path / "configuration" / "dspace" / "conf"
    configuration.mkdir(parents=True)
    monkeypatch.setattr(server, "CONFIGURATION", configuration.parents[1])
    with pytest.raises(install.SolrUnavailable, match=r"solr\.log"), server.running(tmp_path / "home"):
        pass
