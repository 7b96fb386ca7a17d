"""Notices that a cell asks the user for input.

`input()` raises an audit event in a terminal. In a Jupyter kernel it is another function, and so is `getpass`; both go
through one method of the kernel, which is wrapped while cells are watched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kernelferry.kernel.namespace import Shell

_METHOD = "_input_request"


def watch(shell: Shell, notice: Callable[[], None]) -> Callable[[], None]:
    """Have a function called whenever the kernel asks for input.

    Returns:
        A function that ends it.
    """
    kernel = getattr(shell, "kernel", None)
    original = getattr(kernel, _METHOD, None)
    if kernel is None or original is None:
        return lambda: None

    def asking(*args: Any, **kwargs: Any) -> Any:
        notice()
        return original(*args, **kwargs)

    def end() -> None:
        if vars(kernel).get(_METHOD) is asking:
            delattr(kernel, _METHOD)

    setattr(kernel, _METHOD, asking)
    return end
