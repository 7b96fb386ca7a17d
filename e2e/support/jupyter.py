"""A client of Jupyter Server as a browser is one: REST for kernels, a WebSocket for their channels."""

from __future__ import annotations

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import urllib3
import websocket

from e2e.support.pods import Pod


@dataclass(frozen=True)
class JupyterServer:
    """A server somewhere.

    Args:
        address: host and port.
        token: what it asks for.
    """

    address: str
    token: str

    def request(self, method: str, path: str, body: object = None) -> Any:
        """Call the REST API and return its JSON; anything but a 2xx raises."""
        headers = {"Authorization": f"token {self.token}"}
        url = f"http://{self.address}/{path}"
        answer = urllib3.request(method, url, headers=headers, json=body, timeout=30.0, retries=False)
        if not 200 <= answer.status < 300:
            msg = f"{method} {path}: {answer.status} {answer.data[:500]!r}"
            raise RuntimeError(msg)
        return answer.json() if answer.data else None

    def page(self, path: str) -> str:
        """Return a page as a browser gets it."""
        answer = urllib3.request("GET", f"http://{self.address}/{path}?token={self.token}", timeout=30.0)
        return answer.data.decode()

    def start_kernel(self) -> str:
        """Start a kernel and return its id."""
        return str(self.request("POST", "api/kernels", {"name": "python3"})["id"])

    def execute(self, kernel_id: str, code: str, timeout: float = 60.0) -> tuple[int, str]:
        """Execute a cell and return its execution count and all it printed or displayed as text.

        Raises:
            RuntimeError: the cell failed; the message is its traceback.
            TimeoutError: it did not end in time (seconds).
        """
        url = f"ws://{self.address}/api/kernels/{kernel_id}/channels?token={self.token}"
        channel = websocket.create_connection(url, timeout=timeout)
        try:
            message = _request(code)
            channel.send(json.dumps(message))
            return _collect(channel, message["header"]["msg_id"], time.monotonic() + timeout)
        finally:
            channel.close()


@contextmanager
def forwarded(pod: Pod, port: int) -> Iterator[str]:
    """Reach a pod's port from here by `kubectl port-forward`; gives host and port."""
    kubectl = pod.target.kubectl
    argv = [str(kubectl.program), f"--kubeconfig={kubectl.kubeconfig}", "port-forward", f"--namespace={pod.namespace}"]
    with subprocess.Popen([*argv, pod.name, f":{port}"], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            # Forwarding from 127.0.0.1:40001 -> 8888
            yield process.stdout.readline().split()[2]
        finally:
            process.kill()


def _request(code: str) -> dict[str, Any]:
    header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "username": "", "session": uuid.uuid4().hex}
    content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False, "stop_on_error": True}
    empty: dict[str, Any] = {}
    return {
        "channel": "shell",
        "header": {**header, "version": "5.3", "date": ""},
        "parent_header": empty,
        "metadata": empty,
        "content": {**content, "user_expressions": empty},
    }


def _collect(channel: websocket.WebSocket, request_id: str, deadline: float) -> tuple[int, str]:
    """Read messages until both the reply and the idle status of a request have come; they come in either order."""
    output: list[str] = []
    count: int | None = None
    idle = False
    while count is None or not idle:
        if time.monotonic() > deadline:
            msg = f"no end of the cell; so far: {''.join(output)}"
            raise TimeoutError(msg)
        message = json.loads(channel.recv())
        if message.get("parent_header", {}).get("msg_id") != request_id:
            continue
        kind, content = message["header"]["msg_type"], message["content"]
        if kind == "stream":
            output.append(content["text"])
        elif kind in ("execute_result", "display_data"):
            output.append(content["data"].get("text/plain", ""))
        elif kind == "error":
            raise RuntimeError("\n".join(content["traceback"]))
        elif kind == "execute_reply":
            count = content["execution_count"]
        elif kind == "status":
            idle = content["execution_state"] == "idle"
    return count, "".join(output)
