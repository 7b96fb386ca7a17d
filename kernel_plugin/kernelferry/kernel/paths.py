"""Paths as the audit events give them, and which of them belong to the Python installation."""

from __future__ import annotations

import contextlib
import os
import site
import sys
from functools import lru_cache
from typing import Any


def absolute(path: Any, folder: int = -1) -> str:
    """A path from an event, made absolute.

    Args:
        path: text, bytes, or path object.
        folder: a file descriptor that it is relative to, if not -1.
    """
    text = os.fsdecode(path)
    if folder >= 0 and not os.path.isabs(text):  # noqa: PTH117 - plain text, and often
        with contextlib.suppress(OSError):  # not Linux
            text = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), text)  # noqa: PTH115, PTH118 - likewise
    return os.path.abspath(text)  # noqa: PTH100 - likewise


@lru_cache(maxsize=4096)
def is_installed(path: str) -> bool:
    """Whether a file belongs to Python or to an installed package: what is there comes with the image."""
    return "/site-packages/" in path or path.startswith(("<frozen", *_roots()))


@lru_cache(maxsize=1)
def _roots() -> tuple[str, ...]:
    ours = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 - likewise
    folders = [os.path.dirname(os.__file__), ours, *site.getsitepackages()]  # noqa: PTH120 - likewise
    if site.ENABLE_USER_SITE:
        folders.append(site.getusersitepackages())
    folders += [os.path.join(prefix, "share", "jupyter") for prefix in (sys.prefix, sys.base_prefix)]  # noqa: PTH118
    return tuple(f"{folder}{os.sep}" for folder in folders)
