"""Changes that a session has made to modules and classes that are not its own.

`pandas.DataFrame.describe_all = mine`, `builtins.print = mine`, `numpy.tau = 6.28`, `tqdm.pandas()`: the library is
imported anew and knows nothing of it. What was put there is found in two ways. A function or class that was made in the
main module does not belong where it is found; looked at are the modules and classes that are variables of the session,
and the classes in those modules, since all that is loaded would take too long. And the text of the cells says which
attributes they assign. A value that is set otherwise (`vars(numpy).update(…)`) is not seen.
"""

from __future__ import annotations

import builtins
import importlib
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.origins import assigned_places, session, users
from kernelferry.objects.process.references import Objects, Unresolved, lookup
from kernelferry.objects.process.wording import listed, why

# Places that are seen to elsewhere, or that are the process's own.
_ELSEWHERE = {
    *(
        "sys.path",
        "sys.modules",
        "sys.argv",
        "sys.stdin",
        "sys.stdout",
        "sys.stderr",
        "sys.displayhook",
        "sys.excepthook",
    ),
    *("sys.unraisablehook", "sys.breakpointhook", "sys.meta_path", "sys.path_hooks", "sys.path_importer_cache"),
    *(
        "sys.tracebacklimit",
        "sys.last_type",
        "sys.last_value",
        "sys.last_traceback",
        "sys.last_exc",
        "sys.ps1",
        "sys.ps2",
    ),
    *("os.environ", "threading.excepthook", "warnings.filters", "warnings.showwarning", "warnings.formatwarning"),
    *("tempfile.tempdir", "ssl._create_default_https_context", "urllib.request._opener", "matplotlib.rcParams"),
    *("logging.root", "logging.raiseExceptions", "logging._loggerClass", "logging._logRecordFactory"),
}
# Whose builtins come and go; IPython hides Python's own `exit` while a cell runs.
_SHELLS = {"_sitebuiltins", "IPython", "ipykernel", "debugpy", "_pydevd_bundle", "_pydev_bundle"}
_ATTRIBUTES = (types.FunctionType, property, classmethod, staticmethod, type)


class Patches:
    """Functions and classes of the user's in modules and classes of others, builtins, and well-known patches."""

    name = "patches"
    early = True

    def loaded(self) -> bool:
        """Anything can be patched."""
        return True

    def baseline(self) -> dict[str, object]:
        """The builtins."""
        return dict(vars(builtins))

    def capture(self, start: Mapping[str, object] | None, objects: Objects) -> Captured | None:
        """Take what was put where."""
        found = {("builtins", name): value for name, value in _new_builtins(start)}
        for module in _modules_in_use():
            found.update({(module.__name__, path): value for path, value in _foreign(module)})
        found.update(_assigned())
        known = {name: objects.refer(seen) for name, (see, _) in _KNOWN.items() if (seen := see()) is not None}
        if not found and not known:
            return None
        places = [(module, path, objects.refer(value)) for (module, path), value in found.items()]
        detail = listed([*(f"{module}.{path}" for module, path, _ in places), *known])
        return Captured({"places": places, "known": known}, detail=detail)

    def restore(self, data: Mapping[str, Any], objects: Objects) -> list[str]:
        """Put it there again."""
        failures = []
        for module, path, token in data["places"]:
            try:
                owner: Any = importlib.import_module(module)
                *outer, name = path.split(".")
                for part in outer:
                    owner = getattr(owner, part)
                setattr(owner, name, objects.resolve(token))
            except Unresolved as error:
                failures.append(f"{module}.{path} is the usual one. {error}")
            except Exception as error:  # noqa: BLE001 - importing and setting run foreign code
                failures.append(f"{module}.{path} could not be changed ({why(error)}).")
        for name, token in data["known"].items():
            try:
                _KNOWN[name][1](objects.resolve(token))
            except Exception as error:  # noqa: BLE001 - foreign code
                failures.append(f"{name} could not be done again ({why(error)}).")
        return failures


def _new_builtins(start: Mapping[str, object] | None) -> Iterator[tuple[str, object]]:
    for name, value in vars(builtins).items():
        if name == "_" or name.startswith("__"):
            continue  # the last result, by Python's own prompt
        module = getattr(value, "__module__", None) or getattr(type(value), "__module__", "")
        new = users(value) if start is None else (name not in start or value is not start[name])
        if new and str(module).partition(".")[0] not in _SHELLS:
            yield name, value


def _modules_in_use() -> Iterator[types.ModuleType]:
    """The modules that are variables of the session, and those of its imported classes."""
    seen = {"__main__", "builtins"}
    for value in list(session().values()):
        name = value.__name__ if isinstance(value, types.ModuleType) else None
        if isinstance(value, type):
            name = value.__module__
        if isinstance(name, str) and name not in seen and isinstance(sys.modules.get(name), types.ModuleType):
            seen.add(name)
            yield sys.modules[name]


def _foreign(module: types.ModuleType) -> Iterator[tuple[str, object]]:
    family = module.__name__.partition(".")[0]
    for name, value in list(vars(module).items()):
        if not isinstance(value, type):
            if isinstance(value, types.FunctionType) and users(value) and f"{module.__name__}.{name}" not in _ELSEWHERE:
                yield name, value
            continue
        if users(value):
            yield name, value
        elif value.__module__.partition(".")[0] == family:
            for inner, attribute in list(vars(value).items()):
                if isinstance(attribute, _ATTRIBUTES) and users(attribute):
                    yield f"{name}.{inner}", attribute


def _assigned() -> Iterator[tuple[tuple[str, str], object]]:
    """What the cells' text says that they have put into modules and classes."""
    for owner, name in assigned_places():
        if isinstance(owner, type):
            module, path = owner.__module__, f"{owner.__qualname__}.{name}"
            known = lookup(module, owner.__qualname__) is owner
        else:
            module, path = owner.__name__, name
            known = sys.modules.get(module) is owner
        if module == "__main__":
            continue  # the session itself: these are its variables
        if known and f"{module}.{path}" not in _ELSEWHERE and name in vars(owner):
            yield (module, path), vars(owner)[name]


def _progress_bars() -> object:
    """The class and the arguments of `tqdm.pandas()`, as the functions that it has put into pandas remember them."""
    frame = getattr(sys.modules.get("pandas"), "DataFrame", None)
    function = getattr(frame, "progress_apply", None)
    if not isinstance(function, types.FunctionType) or function.__closure__ is None:
        return None
    cells = zip(function.__code__.co_freevars, function.__closure__, strict=True)
    remembered = {name: cell.cell_contents for name, cell in cells}
    return {"bar": remembered["cls"], "arguments": remembered["tqdm_kwargs"]} if "cls" in remembered else None


def _show_progress_bars(remembered: dict[str, Any]) -> None:
    importlib.import_module("pandas")
    remembered["bar"].pandas(**remembered["arguments"])


def _nested_loops() -> object:
    return True if hasattr(sys.modules.get("asyncio"), "_nest_patched") else None


def _nest_loops(_: object) -> None:
    importlib.import_module("nest_asyncio").apply()


# What is asked for by name and puts a library's own functions into others: how it is seen (None: it is not), and done.
_KNOWN: dict[str, tuple[Callable[[], object], Callable[[Any], None]]] = {
    "tqdm.pandas()": (_progress_bars, _show_progress_bars),
    "nest_asyncio.apply()": (_nested_loops, _nest_loops),
}
