"""`make run` with a person at the terminal."""

import os
import pty
import sys
from collections.abc import Iterator

import pytest

from tests.functional.instance import ROOT, Instance, wait_for

pytestmark = [pytest.mark.functional, pytest.mark.embedded]


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self.shown = ""
        self.pid, self._keys = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.execvpe(command[0], command, environ)

    def expect(self, text: str) -> str:
        """Wait for a text and return what was shown since the last one."""
        wait_for(lambda: text in self.shown or self._read() is None)
        before, found, self.shown = self.shown.partition(text)
        assert found, before
        return before

    def type(self, keys: str) -> None:
        os.write(self._keys, keys.encode())

    def rest(self) -> str:
        """Wait for the end of the program and return what it showed until then."""
        wait_for(lambda: self._read() is None)
        os.waitpid(self.pid, 0)
        return self.shown

    def _read(self) -> str | None:
        try:
            text = os.read(self._keys, 4096).decode()
        except OSError:  # the program has ended
            return None
        self.shown += text
        return text or None


@pytest.fixture
def instance() -> Iterator[Instance]:
    instance = Instance()
    yield instance
    instance.remove()


def test_a_mistyped_address_is_asked_for_again_and_ctrl_c_at_a_question_ends_all(instance: Instance) -> None:
    environ = {k: v for k, v in instance.environ.items() if not k.startswith("ADMIN_")}
    terminal = Terminal([sys.executable, "-m", "dspace.embedded.run"], environ)
    terminal.expect("[admin@localhost]: ")
    terminal.type("ada at example.org\n")
    assert "valid email" in terminal.expect("[admin@localhost]: ")
    terminal.type("ada@example.org\n")
    terminal.expect("[a random one]: ")
    terminal.type("\x03")
    said = terminal.rest()
    assert "Stopped." in said
    assert "Traceback" not in said
    assert instance.processes() == set()
