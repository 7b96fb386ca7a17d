"""Kernels to measure in: fresh processes, with or without the extension, or with another Python's packages."""

from __future__ import annotations

import ast
import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, final

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

_PATIENCE = 300.0  # seconds; dill may take a minute for one of our sessions, on a busy machine several
_LOOK = 1.0
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_MARK = "benchmark: "  # others print too
_TICKS = os.sysconf("SC_CLK_TCK")

Found = dict[str, Any]
"""What a function of `inside` returned."""


class BenchmarkBroken(Exception):  # noqa: N818 - a finding
    """What was timed did not do what it was timed for."""


@final
class Kernel:
    """A kernel in a process of its own; it is killed at the end.

    Args:
        home: a folder for what belongs to it; it works there, too.
        extension: whether its configuration loads Kernel Ferry.
        python: the interpreter.
    """

    def __init__(self, home: Path, *, extension: bool = True, python: str = sys.executable) -> None:
        profile = home / "ipython" / "profile_default"
        profile.mkdir(parents=True)
        if extension:
            config = "c = get_config()\nc.InteractiveShellApp.extensions = ['kernelferry']\n"
            (profile / "ipython_kernel_config.py").write_text(config, encoding="utf-8")
        # The names of sockets are limited to 107 characters.
        self._sockets = tempfile.TemporaryDirectory(prefix="kf-")
        file, _ = write_connection_file(
            str(home / "connection.json"),
            ip=f"{self._sockets.name}/k",
            transport="ipc",
            key=os.urandom(16).hex().encode(),
        )
        self._log = home / "log"
        begun = time.perf_counter()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [python, "-m", "ipykernel_launcher", "-f", file],
                cwd=home,
                env=_environment(home),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._client = BlockingKernelClient(connection_file=file)
        self._client.load_connection_file()
        self._client.start_channels()
        try:
            self._client.wait_for_ready(timeout=_PATIENCE)
        except RuntimeError as error:
            self.kill()
            self._give_up("the kernel did not start", error)
        self.start_seconds = time.perf_counter() - begun
        self.start_cpu_seconds = self.cpu_seconds()

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def cpu_seconds(self) -> float:
        """Processor time that it has used, with the children that have ended."""
        return cpu_seconds(self.pid)

    def kill(self) -> None:
        """End it and all its children."""
        self._client.stop_channels()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._sockets.cleanup()

    def run(self, code: str) -> str:
        """Run a cell; return what it printed.

        Raises:
            BenchmarkBroken: it failed.
        """
        reply, text = self._result(self.send(code))
        if reply["status"] != "ok":
            trace = _ANSI.sub("", "\n".join(reply.get("traceback", ())))
            self._give_up(f"a cell failed: {code[:200]}\n{trace[-3000:]}")
        return text

    def timed(self, code: str) -> float:
        """Run a cell; return the seconds until it was answered."""
        begun = time.perf_counter()
        self.run(code)
        return time.perf_counter() - begun

    def ask(self, function: str, *arguments: object) -> Found:
        """Call a function of `inside` in the kernel, without leaving a name there; return what it returned."""
        return self.answer(self.send(question(function, *arguments)))

    def send(self, code: str) -> str:
        """Begin to run a cell; return what to ask for with."""
        request: str = self._client.execute(code, allow_stdin=False)
        return request

    def answer(self, request: str) -> Found:
        """Wait for what a `question` returns."""
        reply, text = self._result(request)
        lines = [line for line in text.splitlines() if line.startswith(_MARK)]
        if reply["status"] != "ok" or not lines:
            trace = _ANSI.sub("", "\n".join(reply.get("traceback", ())))
            self._give_up(f"a question was not answered\n{trace[-3000:]}")
        found: Found = json.loads(lines[-1].removeprefix(_MARK))
        return found

    def evaluated(self, expression: str) -> Any:
        """The value of an expression, outside of any cell."""
        request = self._client.execute("", silent=True, user_expressions={"it": expression}, allow_stdin=False)
        found = self._result(request)[0]["user_expressions"]["it"]
        if found["status"] != "ok":
            self._give_up(f"{expression}: {found.get('evalue')}")
        return ast.literal_eval(found["data"]["text/plain"])

    def _result(self, request: str) -> tuple[Found, str]:
        texts = []
        while True:
            message = self._heard(request)
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "stream" and content["name"] == "stdout":
                texts.append(content["text"])
            elif kind == "status" and content["execution_state"] == "idle":
                break
        while True:
            reply: Found = self._client.get_shell_msg(timeout=_PATIENCE)
            if reply["parent_header"].get("msg_id") == request:
                answer: Found = reply["content"]
                return answer, "".join(texts)

    def _heard(self, request: str) -> Found:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                message: Found = self._client.get_iopub_msg(timeout=_LOOK)
            except queue.Empty:
                if self._process.poll() is not None:
                    self._give_up("the kernel has died")
                continue
            if message["parent_header"].get("msg_id") == request:
                return message
        return self._give_up("the kernel is silent")

    def _give_up(self, what: str, cause: Exception | None = None) -> NoReturn:
        msg = f"{what}\n{self._log.read_text(encoding='utf-8', errors='replace')[-2000:]}"
        raise BenchmarkBroken(msg) from cause


def question(function: str, *arguments: object) -> str:
    """A cell that calls a function of `inside`; in one line, so that nothing of it stays in the session."""
    module = "__import__('tests.benchmarks.inside', fromlist=['_'])"
    return f"print('\\n{_MARK}' + __import__('json').dumps({module}.{function}(*{arguments!r})))"


@contextmanager
def kernel(scratch: Path, *, extension: bool = True, python: str = sys.executable) -> Iterator[Kernel]:
    """A fresh kernel, with a folder of its own below `scratch`."""
    with Kernel(Path(tempfile.mkdtemp(dir=scratch)), extension=extension, python=python) as found:
        yield found


def cpu_seconds(pid: int) -> float:
    """Processor time of a process, with its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "PYTEST_", "IPY"))}
    return kept | {
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "IPYTHONDIR": str(home / "ipython"),
        "HOME": str(home),  # others leave their things there
        "MPLCONFIGDIR": str(home.parent / "matplotlib"),
        # One thread is what can be measured beside other people's work.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
