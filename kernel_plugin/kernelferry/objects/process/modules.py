"""The user's own modules: `.py` files beside the notebook that the session has imported.

They are imported again, since nothing else makes a module. A session may have changed them after that
(`config.DEBUG = True`), which no history shows. So their plain values travel, and those that are variables of the
session too; both are set where they differ. Other objects that a module holds are those of the fresh import.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import struct
import sys
import types
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.origins import is_users_file
from kernelferry.objects.process.plain import is_plain, same
from kernelferry.objects.process.references import Objects, Token, Unresolved
from kernelferry.objects.process.wording import listed, why

# A number against surprises, such as a dictionary of a language: what is larger is named and not carried.
_LARGEST = 100_000
_CODE = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type)


class Modules:
    """Modules whose files are neither the interpreter's nor installed."""

    name = "modules"
    early = True

    def loaded(self) -> bool:
        """Every process has modules."""
        return True

    def baseline(self) -> set[str]:
        """The names of all that are loaded."""
        return set(sys.modules)

    def capture(self, start: Collection[str] | None, objects: Objects) -> Captured | None:
        """Take name, file and values of each."""
        data: list[dict[str, Any]] = []
        left: list[str] = []
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if name in (start or ()) or name == "__main__" or not isinstance(file, str) or not is_users_file(file):
                continue
            values, large = _values(module, objects)
            data.append({"name": name, "file": file, "digest": _digest(file), "values": values})
            left += [f"{name}.{attribute} is too large to be carried with its module." for attribute in large]
            if _edited(file):
                left.append(f"{file} was edited after {name} had been imported from it; it is imported as it is now.")
        if not data:
            return None
        return Captured(data, detail=listed([each["name"] for each in data]), left=tuple(left))

    def restore(self, data: list[Mapping[str, Any]], objects: Objects) -> list[str]:
        """Import each, in the order in which they were imported, and set the values that differ."""
        failures: list[str] = []
        for told in data:
            try:
                module = _imported(told["name"], told["file"])
            except Exception as error:  # noqa: BLE001 - the user's code runs
                failures.append(f"The module {told['name']} ({told['file']}) cannot be imported here ({why(error)}).")
                continue
            file = getattr(module, "__file__", None)
            if file != told["file"]:
                failures.append(f"The module {told['name']} is another one here: {file} instead of {told['file']}.")
            elif _digest(told["file"]) != told["digest"]:
                failures.append(f"{told['file']} is not what it was, and so is the module {told['name']}.")
            else:
                failures += _set_values(module, told["values"], objects)
        return failures


def _values(module: types.ModuleType, objects: Objects) -> tuple[dict[str, Token], list[str]]:
    values: dict[str, Token] = {}
    large: list[str] = []
    for attribute, value in vars(module).items():
        if attribute.startswith("__") or isinstance(value, _CODE):
            continue
        atom = is_plain(value, limit=0)
        named = None if atom else objects.named(value)
        if named is not None and named[1] == "__main__":
            values[attribute] = named
        elif atom or is_plain(value, limit=_LARGEST):
            values[attribute] = "plain", value
        elif is_plain(value):
            large.append(attribute)
    return values, large


def _set_values(module: types.ModuleType, values: Mapping[str, Token], objects: Objects) -> list[str]:
    failures = []
    for attribute, token in values.items():
        try:
            value = objects.resolve(token)
        except Unresolved as error:
            failures.append(f"{module.__name__}.{attribute} is that of the fresh import. {error}")
            continue
        here = getattr(module, attribute, None)
        if token[0] == "name" or not same(here, value) or not hasattr(module, attribute):
            if token[0] == "plain" and type(here) is type(value) and isinstance(value, (list, dict, set)):
                _refill(here, value)  # other modules may have imported it by name
            else:
                setattr(module, attribute, value)
    return failures


def _refill(here: Any, value: Any) -> None:  # two lists, two dictionaries or two sets
    here.clear()
    (here.extend if isinstance(here, list) else here.update)(value)


def _imported(name: str, file: str) -> types.ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name or not Path(file).exists():
            raise
    # Loaded by its path at first, too, or from a folder that is no longer searched.
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        msg = "nothing here loads such a file"
        raise ImportError(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _digest(file: str) -> str | None:
    try:
        return hashlib.blake2b(Path(file).read_bytes(), digest_size=16).hexdigest()
    except OSError:
        return None


def _edited(file: str) -> bool:
    """Whether the source is newer than what was compiled from it, which is when it was imported."""
    try:
        header = Path(importlib.util.cache_from_source(file)).read_bytes()[:16]
        source = Path(file).stat()
    except (OSError, NotImplementedError, ValueError):
        return False  # nothing is known
    flags, modified, size = struct.unpack("<4xIII", header)
    return flags == 0 and (modified, size) != (int(source.st_mtime) & 0xFFFFFFFF, source.st_size & 0xFFFFFFFF)
