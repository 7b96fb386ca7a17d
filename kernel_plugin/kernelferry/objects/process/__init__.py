"""The process's own state: what a session has besides its variables.

Where a session left off is not only in its names. The next random number, the folder that `open("data.csv")` means,
`pandas.set_option`, `warnings.filterwarnings("ignore")`, a logger that writes to a file: all this sits in the process
and in its libraries. Each kind of it is an *aspect*: it is carried over, or it is named together with the reason why it
cannot be. One that fails never spoils another.

    start = baselines()                  # when the extension is loaded
    captured = capture_all(start)        # where cells run: contexts of decimal, numpy and asyncio belong to a thread
    …                                    # data is plain; `objects`, if any, are for the pickler of the object layer
    prepare(captured)                    # in the new process, before variables are loaded
    outcomes = restore_all(captured)     # after they are: the last word

What belongs to the shell (extensions, aliases, history, its configuration) is elsewhere: nothing here knows of it.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

from kernelferry.objects.process.aspects import Aspect, Captured, Outcome, conclude
from kernelferry.objects.process.plain import is_plain
from kernelferry.objects.process.references import Objects
from kernelferry.objects.process.wording import why

__all__ = ["Aspect", "Captured", "Outcome", "aspects", "baselines", "capture_all", "prepare", "restore_all"]

Baselines = Mapping[str, object]
"""What each aspect was at the start; never leaves the process."""

# In the order in which they are restored: what others stand on comes first, and random numbers last of all.
_ALL = (
    *("environment.Environ", "environment.WorkingDirectory", "environment.ImportPath", "interpreter.Timezone"),
    *("interpreter.locales", "interpreter.interpreter", "interpreter.umask", "interpreter.limits"),
    *(
        "standard_library.standard_library",
        "standard_library.decimals",
        "interpreter.hooks",
        "interpreter.StandardStreams",
    ),
    *("modules.Modules", "made_modules.MadeModules", "patches.Patches"),
    *("plotting.Matplotlib", "plotting.ColourMaps", "inline_figures.InlineFigures", "figures.Figures"),
    *("libraries.numpy", "libraries.pandas", "libraries.polars", "libraries.sklearn", "libraries.torch"),
    *("libraries.plotly", "libraries.altair", "accessors.Accessors"),
    *("logs.Logging", "warning_filters.Warnings", "signals.Signals", "signals.AtExit"),
    *("unmovable.Tasks", "unmovable.Threads", "unmovable.Children"),
    *("randomness.PythonRandom", "randomness.NumpyRandom", "randomness.TorchRandom"),
)


# Rooms whose aspects need no baseline: not even loaded when a kernel starts.
_NEVER_WATCHED = {"plotting", "figures", "inline_figures", "libraries", "randomness"}


def aspects() -> list[Aspect]:
    """All aspects there are, in the order in which they are restored."""
    return [_aspect(place) for place in _ALL]


def _aspect(place: str) -> Aspect:
    module, name = place.split(".")
    made: Aspect = getattr(importlib.import_module(f"{__name__}.{module}"), name)()
    return made


def baselines(known: Iterable[Aspect] | None = None) -> Baselines:
    """Look at everything once, before the session changes anything.

    If it has begun already, do not: with no baselines, `capture_all` takes what it can without guessing.
    """
    found: dict[str, object] = {}
    watched = (_aspect(place) for place in _ALL if place.split(".")[0] not in _NEVER_WATCHED)
    for aspect in watched if known is None else known:
        try:
            found[aspect.name] = aspect.baseline()
        except Exception:  # noqa: BLE001, S112 - it then has no baseline, which every aspect can do with
            continue
    return found


def capture_all(start: Baselines | None = None, known: Iterable[Aspect] | None = None) -> dict[str, Captured]:
    """Look at everything that is loaded, and change nothing.

    Args:
        start: what `baselines` returned; None if the session had begun by then.
        known: which aspects to look at; all by default.

    Returns:
        For each aspect that this process has what was found, by its name. Everything in `data` is plain.
    """
    return {
        aspect.name: _captured(aspect, (start or {}).get(aspect.name))
        for aspect in (aspects() if known is None else known)
        if _has(aspect)
    }


def prepare(captured: Mapping[str, Captured], known: Iterable[Aspect] | None = None) -> None:
    """Put back what variables may depend on while they are loaded or computed again: folders, modules, options.

    What fails may need a variable that is not here yet. `restore_all` tries again, and it is the one that reports.
    """
    for aspect in aspects() if known is None else known:
        if aspect.early and aspect.name in captured:
            _restored(aspect, captured[aspect.name])


def restore_all(captured: Mapping[str, Captured], known: Iterable[Aspect] | None = None) -> dict[str, Outcome]:
    """Put everything back, once the variables are: also what computing them has changed.

    Args:
        captured: what `capture_all` found, with those of its `objects` that could be loaded.
        known: which aspects to restore; all by default.

    Returns:
        For each aspect what became of it, by its name.
    """
    outcomes = {
        aspect.name: _restored(aspect, captured[aspect.name])
        for aspect in (aspects() if known is None else known)
        if aspect.name in captured
    }
    strange = Outcome("skipped", reason="This release does not know it.")
    return {name: outcomes.get(name, strange) for name in captured}


def _has(aspect: Aspect) -> bool:
    try:
        return aspect.loaded()
    except Exception:  # noqa: BLE001 - then `capture` fails too, and says why
        return True


def _captured(aspect: Aspect, start: object) -> Captured:
    objects = Objects()
    try:
        found = aspect.capture(start, objects)
        if found is None:
            return Captured(detail="as at the start")
        if not is_plain(found.data):
            return Captured(left=(*found.left, "It holds what is not plain data, and was not taken."))
    except Exception as error:  # noqa: BLE001 - one aspect's failure is its own
        return Captured(left=(f"It could not be read ({why(error)}).",))
    return replace(found, objects=objects.kept)


def _restored(aspect: Aspect, captured: Captured) -> Outcome:
    if captured.data is None:
        return captured.outcome()
    try:
        failures = aspect.restore(captured.data, Objects(captured.objects))
    except Exception as error:  # noqa: BLE001 - one aspect's failure is its own
        failures = [f"It could not be put back ({why(error)})."]
    return conclude(captured, tuple(failures))
