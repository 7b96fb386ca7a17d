"""Functions that the process calls on a signal, or when it ends."""

from __future__ import annotations

import atexit
import inspect
import signal
import sys
import threading
from collections.abc import Mapping
from typing import Any

from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.origins import users
from kernelferry.objects.process.references import Objects, Token, Unresolved
from kernelferry.objects.process.wording import kind, listed, why


class Signals:
    """Signal handlers written in Python, and signals that are ignored."""

    name = "signal"
    early = False

    def loaded(self) -> bool:
        """Every process has them."""
        return True

    def baseline(self) -> dict[str, object]:
        """The handler of each signal."""
        return _handlers()

    def capture(self, start: Mapping[str, object] | None, objects: Objects) -> Captured | None:
        """Take those that differ; without a baseline, the user's own."""
        changed = {
            name: handler
            for name, handler in _handlers().items()
            if (users(handler) if start is None else handler is not start.get(name, "SIG_DFL"))
        }
        left = [
            f"{name} is handled by the event loop (loop.add_signal_handler), which begins anew."
            for name, handler in changed.items()
            if getattr(handler, "__module__", None) == "asyncio.unix_events"
        ]
        if signal.getitimer(signal.ITIMER_REAL)[0] > 0:
            left.append("An alarm has been set (signal.alarm or setitimer) and will not go off.")
        moved = {
            name: objects.refer(handler)
            for name, handler in changed.items()
            if getattr(handler, "__module__", None) != "asyncio.unix_events"
        }
        return Captured(moved or None, detail=listed(moved), left=tuple(left)) if moved or left else None

    def restore(self, data: Mapping[str, Token], objects: Objects) -> list[str]:
        """Install the handlers; Python allows that in the main thread only."""
        if threading.current_thread() is not threading.main_thread():
            return [f"{listed(data)}: signal handlers can be set in the main thread only."]
        failures = []
        for name, token in data.items():
            try:
                handler = objects.resolve(token)
                if isinstance(handler, str):
                    handler = getattr(signal, handler)
                signal.signal(getattr(signal, name), handler)
            except Unresolved as error:
                failures.append(f"{name} has its usual effect. {error}")
            except (AttributeError, OSError, TypeError, ValueError) as error:
                failures.append(f"{name} could not be handled here ({why(error)}).")
        return failures


class AtExit:
    """Functions of the user's that are called when the process ends.

    Those of libraries are registered again by the libraries. Python does not tell with which arguments a function was
    registered, so only one that takes none can be registered again.
    """

    name = "atexit"
    early = False

    def loaded(self) -> bool:
        """Every process has them."""
        return True

    def baseline(self) -> None:
        """None is needed: whose a function is can be seen."""

    def capture(self, start: None, objects: Objects) -> Captured | None:  # noqa: ARG002
        """Take what takes no arguments, name the others."""
        moved: list[Token] = []
        left: list[str] = []
        names: list[str] = []
        for function in _registered():
            owner = objects.named(getattr(function, "__self__", None))
            if not users(function) and (owner is None or owner[1] != "__main__"):
                continue
            if _takes_nothing(function):
                moved.append(objects.refer(function))
                names.append(getattr(function, "__name__", kind(function)))
            else:
                left.append(f"The {kind(function)} will not be called at exit: its arguments are not known.")
        if not moved and not left:
            return None
        return Captured(moved or None, detail=listed(names), left=tuple(left))

    def restore(self, data: list[Token], objects: Objects) -> list[str]:
        """Register again, unless it has happened."""
        failures = []
        known = _registered()
        for token in data:
            try:
                function = objects.resolve(token)
            except Unresolved as error:
                failures.append(f"A function will not be called at exit. {error}")
                continue
            if function not in known:
                atexit.register(function)
        return failures


class _Listener:
    """Hears of every registered function, when it is compared with each, and equals none of them."""

    __hash__ = None  # type: ignore[assignment]  # it is never looked up

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def __eq__(self, other: object) -> bool:
        self.heard.append(other)
        return False


def _registered() -> list[Any]:
    # There is no list of them to ask for. But unregistering compares, and what equals nothing removes nothing.
    listener = _Listener()
    atexit.unregister(listener)  # type: ignore[arg-type]  # it need not be callable to be compared
    # The last one is called first, and since 3.14 it also stands first.
    return listener.heard[::-1] if sys.version_info >= (3, 14) else listener.heard


def _takes_nothing(function: Any) -> bool:  # anything callable
    try:
        return not inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def _handlers() -> dict[str, object]:
    """The handler of each signal, `SIG_DFL` and `SIG_IGN` by name; those that Python did not install are left out."""
    found: dict[str, object] = {}
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        if handler is None or not isinstance(number, signal.Signals):  # of a C library; a real-time signal
            continue
        if number is signal.SIGINT and handler in {signal.SIG_IGN, signal.SIG_DFL, signal.default_int_handler}:
            handler = signal.SIG_DFL  # ipykernel changes it back and forth around every cell
        found[number.name] = handler.name if isinstance(handler, signal.Handlers) else handler
    return found
