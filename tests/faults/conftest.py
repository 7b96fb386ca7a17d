"""Kernels that are ended when their test is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.kernels import Kernel

Start = Callable[..., Kernel]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a kernel that has the extension loaded: its first cell is [2]."""
    started: list[Kernel] = []
    (tmp_path / "work").mkdir()

    def begin(**options: Any) -> Kernel:
        started.append(Kernel(tmp_path / "work", **options))
        return started[-1].ready()

    yield begin
    for kernel in started:
        kernel.kill()


@pytest.fixture
def kernel(start: Start) -> Kernel:
    return start()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"
