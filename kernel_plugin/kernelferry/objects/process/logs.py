"""Loggers: levels, handlers, filters, and the switches of the module `logging`.

Compared are descriptions, not objects: a logger that was set up as it is by the start of the process, or that a library
sets up by itself in the same way wherever it is imported, is left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.handlers import Description, add_filters, describe, describe_filters, make
from kernelferry.objects.process.references import Objects, Unresolved, likeness
from kernelferry.objects.process.wording import listed

_UNTOUCHED: Mapping[str, Any] = {"level": 0, "propagate": True, "disabled": False, "handlers": [], "filters": []}
_LEVEL_NAMES = {0: "NOTSET", 10: "DEBUG", 20: "INFO", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
_ROOT = ""


class Logging:
    """What `logging.basicConfig`, `setLevel`, `addHandler` and their like have changed."""

    name = "logging"
    early = False

    def loaded(self) -> bool:
        """Everything imports it."""
        return True

    def baseline(self) -> dict[str, Any]:
        """Every logger, and the switches."""
        objects = Objects()
        # The objects are kept with it: as long as they live, nothing else can have their identity.
        return {"loggers": _all(objects), "switches": _switches(objects), "objects": objects}

    def capture(self, start: Mapping[str, Any] | None, objects: Objects) -> Captured | None:
        """Take the loggers that differ."""
        before: Mapping[str, Any] = start or {"loggers": {}, "switches": _usual_switches()}
        loggers = {}
        aside = Objects()  # so that only what travels is kept in `objects`
        for name, logger in _every():
            then = before["loggers"].get(name, {**_UNTOUCHED, "level": 30 if name == _ROOT else 0})
            if _told(logger, aside) != then:
                told = _told(logger, objects)
                loggers[name] = {**told, "removed": [each for each in then["handlers"] if each not in told["handlers"]]}
        switches = {
            key: token for key, token in _switches(objects).items() if token != before["switches"].get(key, token)
        }
        if not loggers and not switches:
            return None
        shared = _shared(list(loggers))
        return Captured(
            {"loggers": loggers, "switches": switches, "shared": shared},
            detail=listed([*(name or "the root logger" for name in loggers), *switches]),
        )

    def restore(self, data: Mapping[str, Any], objects: Objects) -> list[str]:
        """Set the switches, then the loggers."""
        failures: list[str] = []
        for key, token in data["switches"].items():
            try:
                _switch(key, objects.resolve(token))
            except Unresolved as error:
                failures.append(f"logging: the {key} is the usual one. {error}")
        made: dict[int, logging.Handler] = {}
        for name, told in data["loggers"].items():
            logger = logging.getLogger(name)
            _set_handlers(logger, told, data["shared"][name], made, (objects, failures))
            logger.setLevel(told["level"])
            logger.propagate, logger.disabled = told["propagate"], told["disabled"]
            if likeness(describe_filters(logger, Objects())) != likeness(told["filters"]):
                logger.filters.clear()
                add_filters(logger, told["filters"], objects, failures)
        return failures


def _every() -> list[tuple[str, logging.Logger]]:
    named = [
        (name, logger)
        for name, logger in list(logging.root.manager.loggerDict.items())
        if isinstance(logger, logging.Logger)  # or else a placeholder for a parent that nobody has asked for
    ]
    return [(_ROOT, logging.root), *named]


def _all(objects: Objects) -> dict[str, Description]:
    return {name: _told(logger, objects) for name, logger in _every()}


def _told(logger: logging.Logger, objects: Objects) -> Description:
    return {
        "level": logger.level,
        "propagate": logger.propagate,
        "disabled": logger.disabled,
        "handlers": [describe(handler, objects) for handler in logger.handlers],
        "filters": describe_filters(logger, objects),
    }


def _shared(names: list[str]) -> dict[str, list[int]]:
    """For each logger a number for each of its handlers, the same for the same handler."""
    numbers: dict[int, int] = {}
    return {
        name: [numbers.setdefault(id(handler), len(numbers)) for handler in logging.getLogger(name).handlers]
        for name in names
    }


def _set_handlers(
    logger: logging.Logger,
    told: Description,
    numbers: list[int],
    made: dict[int, logging.Handler],
    report: tuple[Objects, list[str]],
) -> None:
    objects, failures = report
    here = [(handler, likeness(describe(handler, Objects()))) for handler in logger.handlers]
    known_there = [likeness(each) for each in [*told["handlers"], *told["removed"]]]
    wanted: list[logging.Handler] = []
    for number, description in zip(numbers, told["handlers"], strict=True):
        handler = made.get(number)
        if handler is None and description.get("variable") is None:  # what a library has put here by itself
            like = likeness(description)
            handler = next((each for each, known in here if known == like and each not in wanted), None)
        if handler is None:
            handler = make(description, objects, failures)
        if handler is not None:
            made[number] = handler
            wanted.append(handler)
    own = [each for each, known in here if known not in known_there]
    logger.handlers[:] = [*wanted, *(each for each in own if each not in wanted)]


def _usual_switches() -> dict[str, Any]:
    objects = Objects()
    usual = {
        "disabled levels": 0,
        "names of levels": _LEVEL_NAMES,
        "raiseExceptions": True,
        "logger class": logging.Logger,
        "record factory": logging.LogRecord,
    }
    return {key: objects.refer(value) for key, value in usual.items()}


def _switches(objects: Objects) -> dict[str, Any]:
    now = {
        "disabled levels": logging.root.manager.disable,
        "names of levels": {level: logging.getLevelName(level) for level in logging._levelToName},  # noqa: SLF001
        "raiseExceptions": logging.raiseExceptions,
        "logger class": logging.getLoggerClass(),
        "record factory": logging.getLogRecordFactory(),
    }
    return {key: objects.refer(value) for key, value in now.items()}


def _switch(key: str, value: Any) -> None:  # each has its own type
    if key == "disabled levels":
        logging.disable(value)
    elif key == "names of levels":
        for level, name in value.items():
            logging.addLevelName(level, name)
    elif key == "raiseExceptions":
        logging.raiseExceptions = value
    elif key == "logger class":
        logging.setLoggerClass(value)
    else:
        logging.setLogRecordFactory(value)
