"""An instance of DSpace as `make run` starts it, for tests of the whole."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
READY = "Ctrl-C stops it."
TIMEOUT = 60.0  # seconds


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def temporary_var() -> Path:
    """A new folder that an unprivileged account can reach, unlike those of pytest."""
    folder = Path(tempfile.mkdtemp(prefix="dspace-test-"))
    folder.chmod(0o755)
    return folder


class Instance:
    """One instance in a folder of its own, which `remove` deletes."""

    def __init__(self, **environ: str) -> None:
        self.var = temporary_var()
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None
        self._output = self.var / "output"
        kept = {
            k: v for k, v in os.environ.items() if "__P__" not in k and not k.startswith(("PG", "DJANGO", "DSPACE"))
        }
        own = {"DSPACE_VAR": str(self.var), "DSPACE_PORT": str(self.port), "DSPACE_LOCAL_CFG": os.devnull}
        self.environ = {**kept, **own, "SAMPLE": "no", **environ}

    @property
    def output(self) -> str:
        return self._output.read_text(encoding="utf-8")

    def start(self, *arguments: str) -> "Instance":
        """Run the supervisor until it is ready; fails with its output when it ends before."""
        self.launch([sys.executable, "-m", "dspace.embedded.run", *arguments])
        self.wait_until_ready()
        return self

    def launch(self, command: list[str]) -> None:
        with self._output.open("w", encoding="utf-8") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environ, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True, text=True,
            )  # fmt: skip

    def wait_until_ready(self) -> None:
        assert self.process
        wait_for(lambda: READY in self.output or self.process.poll() is not None)
        assert READY in self.output, self.output

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Signal the terminal's process group, as Ctrl-C does, and wait for the end."""
        assert self.process
        os.killpg(self.process.pid, number)
        return self.process.wait(timeout=TIMEOUT)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=TIMEOUT)

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT)
        connection.request("GET", path, headers={"Host": "localhost"})
        response = connection.getresponse()
        body = response.read().decode("utf-8", "replace")
        connection.close()
        return response.status, body

    def processes(self, word: str = "") -> set[int]:
        """Pids of all that runs for this instance and has `word` in its command line."""
        return {p.pid for p in psutil.process_iter() if self._is_ours(p) and word in " ".join(p.cmdline())}

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                return False
            named = any(str(self.var) in word for word in process.cmdline())
            return named or process.environ().get("DSPACE_VAR") == str(self.var)
        except psutil.Error:
            return False

    def remove(self) -> None:
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        wait_for(lambda: not self.processes())
        shutil.rmtree(self.var)


def wait_for(condition: object) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)
