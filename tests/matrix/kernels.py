"""Real kernels, as a notebook has them, and what comes back from their cells."""

from __future__ import annotations

import os
import queue
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

_ROOT = Path(__file__).resolve().parents[2]
_MARKED = re.compile(r"-+> *\d+ (?!'Could not get source)")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
# Nobody reads its history file, nor what it says about itself.
_ARGUMENTS = ["--HistoryManager.hist_file=:memory:", "--log-level=ERROR"]
_CELL_SECONDS = 60.0  # far beyond what any cell here needs: a hang, not a slow machine


class KernelDied(Exception):  # noqa: N818 - a finding, not an error of ours
    """The kernel's process has ended, or does not answer any more."""


@dataclass(frozen=True)
class Output:
    """What a cell left behind.

    Args:
        error: empty if it ran through; else the line of the cell, and the exception.
        texts: all that it printed or displayed as text, in order.
        values: the user expressions that were asked for, as text.
    """

    error: str
    texts: tuple[str, ...]
    values: dict[str, str]


class Kernel:
    """A kernel process with its client."""

    def __init__(self, manager: KernelManager, client: BlockingKernelClient) -> None:
        self._manager = manager
        self._client = client

    def run(self, code: str, expressions: dict[str, str] | None = None) -> Output:
        """Run a cell, as a frontend does.

        Raises:
            KernelDied: it ended on the way.
        """
        # A question is not to count as a cell.
        request = self._client.execute(code, silent=not code, user_expressions=expressions or {}, allow_stdin=False)
        content = self._reply(request)
        texts = tuple(self._texts(request))
        error = ""
        if content["status"] != "ok":
            trace = _ANSI.sub("", "\n".join(content.get("traceback", ()))).strip().splitlines()
            marked = [line.strip() for line in trace if _MARKED.match(line)]
            error = "\n".join([*marked[:1], *trace[-1:]])
        values = {
            key: found["data"]["text/plain"] if found["status"] == "ok" else ""
            for key, found in content.get("user_expressions", {}).items()
        }
        return Output(error, texts, values)

    def kill(self) -> None:
        """End it as a lost node does: at once, without a word to it."""
        if self._manager.has_kernel:
            self._manager.shutdown_kernel(now=True)

    def close(self) -> None:
        """Kill it, and give back the sockets."""
        self._client.stop_channels()
        self.kill()
        self._manager.cleanup_resources()
        self._manager.context.destroy(linger=0)

    def ready(self) -> Kernel:
        """Wait until it answers."""
        self._client.wait_for_ready(timeout=_CELL_SECONDS)
        return self

    def _reply(self, request: str) -> dict[str, Any]:
        deadline = time.monotonic() + _CELL_SECONDS
        while time.monotonic() < deadline:
            try:
                message = self._client.get_shell_msg(timeout=0.5)
            except queue.Empty:
                if not self._manager.is_alive():
                    msg = "the kernel's process has ended"
                    raise KernelDied(msg) from None
                continue
            if message["parent_header"].get("msg_id") == request:
                content: dict[str, Any] = message["content"]
                return content
        msg = f"no reply within {_CELL_SECONDS:.0f} s"
        raise KernelDied(msg)

    def _texts(self, request: str) -> Iterator[str]:
        while True:
            message = self._client.get_iopub_msg(timeout=_CELL_SECONDS)
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                yield content["text"]
            elif kind in {"display_data", "execute_result"}:
                yield content["data"].get("text/plain", "")
            elif kind == "status" and content["execution_state"] == "idle":
                return


@contextmanager
def kernels(count: int, home: Path) -> Iterator[Sequence[Kernel]]:
    """Start kernels at the same time, in one working directory, and end them.

    Args:
        count: how many.
        home: a folder of this run's own; the kernels work in `work` below it.
    """
    started: list[Kernel] = []
    (home / "work").mkdir(parents=True, exist_ok=True)
    try:
        # One by one, so that those which have started are ended should another not start.
        for number in range(count):
            started.append(_started(home, number))  # noqa: PERF401 - see above
        yield started
    finally:
        for kernel in started:
            kernel.close()


def _started(home: Path, number: int) -> Kernel:
    manager = KernelManager(kernel_name="python3", connection_file=str(home / f"kernel-{number}.json"))
    # As in a pod without settings of the user's; the plugin on the path is all that there is of ours.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("COV_", "PYTEST_", "IPY"))}
    environment |= {
        "PYTHONPATH": str(_ROOT / "kernel_plugin"),
        "IPYTHONDIR": str(home / f"ipython-{number}"),
        "JUPYTER_RUNTIME_DIR": str(home),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    manager.start_kernel(env=environment, cwd=str(home / "work"), extra_arguments=_ARGUMENTS)
    client = manager.client()
    client.start_channels()
    return Kernel(manager, client)
