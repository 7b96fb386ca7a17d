"""Logging handlers, formatters and filters in plain words, and made again from them.

A handler that writes to the kernel's output writes to the new kernel's output afterwards; one that writes to a file
opens it again at its end. What is of any other class, or is the value of a variable, goes by reference: then the logger
gets the very object that the variable has.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
from pathlib import Path
from typing import Any

from kernelferry.objects.process.plain import is_plain
from kernelferry.objects.process.references import Objects, Unresolved
from kernelferry.objects.process.wording import kind, why

Description = dict[str, Any]

# What the constructor takes besides the file, by the attribute that has it.
_FILE_HANDLERS: dict[type[logging.FileHandler], tuple[str, ...]] = {
    logging.FileHandler: (),
    logging.handlers.WatchedFileHandler: (),
    logging.handlers.RotatingFileHandler: ("maxBytes", "backupCount"),
    logging.handlers.TimedRotatingFileHandler: ("when", "interval", "backupCount", "utc", "atTime"),
}
_STYLES = {"%": logging.PercentStyle, "{": logging.StrFormatStyle, "$": logging.StringTemplateStyle}


def describe(handler: logging.Handler, objects: Objects) -> Description:
    """What a handler is; equal for two that do the same, as far as can be seen."""
    found = _form(handler)
    if found is None:
        return {"form": "object", "token": objects.refer(handler)}
    return {
        **found,
        "variable": objects.named(handler),
        "name": handler.name,
        "level": handler.level,
        "formatter": handler.formatter and _formatter(handler.formatter, objects),
        "filters": describe_filters(handler, objects),
    }


def describe_filters(filterer: logging.Filterer, objects: Objects) -> list[Any]:
    """What the filters of a handler or a logger are."""
    return [
        ("named", each.name) if type(each) is logging.Filter else ("object", objects.refer(each))
        for each in filterer.filters
    ]


def make(told: Description, objects: Objects, failures: list[str]) -> logging.Handler | None:
    """A handler from its description, or the variable that has it; None, and a sentence, if that cannot be."""
    try:
        if told["form"] == "object":
            return _as_handler(objects.resolve(told["token"]))
        if told["variable"] is not None:
            try:
                return _as_handler(objects.resolve(told["variable"]))
            except Unresolved:
                pass  # the variable was not restored: then a handler like it
        handler = _opened(told)
    except Unresolved as error:
        failures.append(f"A logging handler is missing. {error}")
        return None
    handler.name = told["name"]
    handler.setLevel(told["level"])
    if told["formatter"] is not None:
        handler.setFormatter(_made_formatter(told["formatter"], objects, failures))
    add_filters(handler, told["filters"], objects, failures)
    return handler


def add_filters(filterer: logging.Filterer, told: list[Any], objects: Objects, failures: list[str]) -> None:
    """Give a handler or a logger the filters it had."""
    for form, what in told:
        try:
            filterer.addFilter(logging.Filter(what) if form == "named" else objects.resolve(what))
        except Unresolved as error:
            failures.append(f"A logging filter is missing. {error}")


def _form(handler: logging.Handler) -> Description | None:
    """What has to be known to make such a handler, without what all handlers have; None if we cannot make one."""
    cls = type(handler)
    if cls is logging.NullHandler:
        return {"form": "null"}
    if isinstance(handler, logging.FileHandler):
        return _file_form(handler) if cls in _FILE_HANDLERS else None
    if isinstance(handler, logging.StreamHandler) and cls is logging.StreamHandler:
        stream = _stream_name(handler.stream)
        return {"form": "stream", "stream": stream} if stream else None
    return None


def _stream_name(stream: object) -> str | None:
    for name in ("stdout", "stderr", "__stdout__", "__stderr__"):
        if stream is getattr(sys, name):
            return name
    # ipykernel's, from before it was replaced for the time of a cell (%%capture, redirect_stdout)
    if type(stream).__name__ == "OutStream" and getattr(stream, "name", None) in {"stdout", "stderr"}:
        return str(stream.name)  # type: ignore[attr-defined]
    return None


def _file_form(handler: logging.FileHandler) -> Description | None:
    options = {name: getattr(handler, name) for name in _FILE_HANDLERS[type(handler)]}
    if isinstance(handler, logging.handlers.TimedRotatingFileHandler):
        # It keeps the interval in seconds and says W0 for what is a week; the constructor wants it otherwise.
        unit = {"S": 1, "M": 60, "H": 3600, "D": 86400, "MIDNIGHT": 86400}.get(handler.when, 604800)
        options["interval"] = handler.interval // unit
    if not is_plain(options):
        return None  # atTime: rare enough to go the long way
    return {
        "form": "file",
        "class": type(handler).__name__,
        "file": handler.baseFilename,
        "open": handler.stream is not None,
        "encoding": handler.encoding,
        "errors": handler.errors,
        "options": options,
    }


def _formatter(formatter: logging.Formatter, objects: Objects) -> Description:
    style = getattr(formatter, "_style", None)
    mark = next((mark for mark, cls in _STYLES.items() if type(style) is cls), None)
    own = {key: value for key, value in vars(formatter).items() if key not in {"_style", "_fmt", "datefmt"}}
    defaults = getattr(style, "_defaults", None)
    if type(formatter) is not logging.Formatter or mark is None or not is_plain(defaults):
        return {"form": "object", "token": objects.refer(formatter)}
    return {
        "form": "text",
        "format": formatter._fmt,  # noqa: SLF001 - there is no public way to ask
        "dates": formatter.datefmt,
        "style": mark,
        "defaults": defaults,
        "own": {key: objects.refer(value) for key, value in own.items()},  # `converter = time.gmtime`, for example
    }


def _made_formatter(told: Description, objects: Objects, failures: list[str]) -> logging.Formatter | None:
    try:
        if told["form"] == "object":
            found = objects.resolve(told["token"])
            return found if isinstance(found, logging.Formatter) else None
        formatter = logging.Formatter(
            told["format"], told["dates"], told["style"], validate=False, defaults=told["defaults"]
        )
        for key, token in told["own"].items():
            setattr(formatter, key, objects.resolve(token))
    except Unresolved as error:
        failures.append(f"A logging handler writes in the plain format. {error}")
        return None
    return formatter


def _opened(told: Description) -> logging.Handler:
    if told["form"] == "null":
        return logging.NullHandler()
    if told["form"] == "stream":
        return logging.StreamHandler(getattr(sys, told["stream"]))
    file = told["file"]
    if told["open"] and not Path(file).exists():
        msg = f"Its file {file} is not here."
        raise Unresolved(msg)
    cls = next(cls for cls in _FILE_HANDLERS if cls.__name__ == told["class"])
    options = {"encoding": told["encoding"], "errors": told["errors"], "delay": not told["open"], **told["options"]}
    if cls is not logging.handlers.TimedRotatingFileHandler:
        options["mode"] = "a"  # never the mode it was opened with: "w" would empty it
    try:
        return cls(file, **options)
    except OSError as error:
        msg = f"Its file {file} cannot be opened ({why(error)})."
        raise Unresolved(msg) from error


def _as_handler(thing: object) -> logging.Handler:
    if isinstance(thing, logging.Handler):
        return thing
    msg = f"In its place there is an {kind(thing)}."
    raise Unresolved(msg)
