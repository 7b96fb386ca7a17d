"""The `%ferry` magic."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from kernelferry.api import FerryError
from kernelferry.kernel.engine import Engine

USAGE = """usage:
  %ferry save PATH [--json] [--replay safe|never|all] [--background] [--no-fork]
  %ferry load PATH [--json] [--replay safe|never|all] [--checkpoint ID] [--replace]
  %ferry plan [--json] [--replay safe|never|all]
  %ferry rehearse [--json]
  %ferry status [--json]
  %ferry report [--json]"""

_FLAGS = {"--json", "--background", "--no-fork", "--replace"}
_VALUES = {"--replay", "--checkpoint", "--deadline"}


def run(engine: Engine, line: str) -> Any:
    """Do what a line says, and show what came of it.

    Returns:
        A report to display, or None where JSON was printed.
    """
    words = _words(line)
    if not words:
        print(USAGE)  # noqa: T201 - this is what was asked for
        return None
    command, rest = words[0], words[1:]
    arguments, options = _parsed(rest)
    if command not in _COMMANDS:
        _refuse(f"There is no %ferry {command}.")
    result = _COMMANDS[command](engine, arguments, options)
    if "--json" in options:
        print(result.to_json() if hasattr(result, "to_json") else json.dumps(result))  # noqa: T201 - likewise
        return None
    return result


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as exc:
        _refuse(f"This cannot be read: {exc}.")


def _parsed(words: list[str]) -> tuple[list[str], dict[str, str]]:
    arguments: list[str] = []
    options: dict[str, str] = {}
    left = iter(words)
    for word in left:
        name, given, value = word.partition("=")
        if name in _FLAGS and not given:
            options[name] = ""
        elif name in _VALUES:
            options[name] = value if given else next(left, "")
        elif word.startswith("--"):
            _refuse(f"There is no option {name}.")
        else:
            arguments.append(word)
    return arguments, options


def _path(arguments: list[str]) -> str:
    if len(arguments) != 1:
        _refuse("Exactly one place has to be named." if arguments else "No place was named.")
    return arguments[0]


def _save(engine: Engine, arguments: list[str], options: Mapping[str, str]) -> Any:
    more: dict[str, Any] = {"deadline": _seconds(options["--deadline"])} if "--deadline" in options else {}
    result = engine.save(
        _path(arguments),
        replay=options.get("--replay", "safe"),
        fork=False if "--no-fork" in options else None,
        background="--background" in options,
        **more,
    )
    return engine.status() if "--background" in options else result


def _seconds(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not found > 0:
        _refuse(f"A deadline is a number of seconds, and not {text!r}.")
    return found


def _load(engine: Engine, arguments: list[str], options: Mapping[str, str]) -> Any:
    return engine.load(
        _path(arguments),
        replay=options.get("--replay", "safe"),
        checkpoint=options.get("--checkpoint"),
        replace="--replace" in options,
    )


def _plan(engine: Engine, arguments: list[str], options: Mapping[str, str]) -> Any:
    _none(arguments)
    return engine.plan(replay=options.get("--replay", "safe"))


def _rehearse(engine: Engine, arguments: list[str], options: Mapping[str, str]) -> Any:  # noqa: ARG001 - as all commands
    _none(arguments)
    return engine.rehearse()


def _status(engine: Engine, arguments: list[str], options: Mapping[str, str]) -> Any:  # noqa: ARG001 - as all commands
    _none(arguments)
    return engine.status()


def _report(engine: Engine, arguments: list[str], options: Mapping[str, str]) -> Any:  # noqa: ARG001 - as all commands
    _none(arguments)
    engine.status()
    if (failure := engine.failure) is not None:
        engine.failure = None
        raise failure
    if engine.last_report is None:
        raise FerryError(
            problem="There is no report yet.", state="Nothing was saved or loaded.", remedy="Save or load first."
        )
    return engine.last_report


def _none(arguments: list[str]) -> None:
    if arguments:
        _refuse(f"Nothing was expected where {arguments[0]!r} stands.")


def _refuse(problem: str) -> NoReturn:
    raise FerryError(problem=problem, state="Nothing was done.", remedy=USAGE)


_COMMANDS: dict[str, Callable[[Engine, list[str], Mapping[str, str]], Any]] = {
    "save": _save,
    "load": _load,
    "plan": _plan,
    "rehearse": _rehearse,
    "status": _status,
    "report": _report,
}
