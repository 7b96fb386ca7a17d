"""matplotlib: its settings and its backend.

The settings are compared with those that matplotlib had when it was imported, so `plt.style.use`, `plt.ion`, seaborn's
`set_theme` and `%matplotlib` are all seen, whenever they happened. So are colour maps that the session has registered;
scales and projections are not.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.plain import is_plain, same, simplified
from kernelferry.objects.process.references import Objects, Token, Unresolved
from kernelferry.objects.process.wording import listed, why


class Matplotlib:
    """What differs in `rcParams`, the backend among it."""

    name = "matplotlib"
    early = True

    def loaded(self) -> bool:
        """Whether matplotlib is, and is not still being imported."""
        return hasattr(sys.modules.get("matplotlib"), "rcParamsOrig")

    def baseline(self) -> None:
        """None is needed: matplotlib remembers its own."""

    def capture(self, start: None, objects: Objects) -> Captured:  # noqa: ARG002
        """Take what differs."""
        matplotlib = sys.modules["matplotlib"]
        # As plain dictionaries: matplotlib's own access chooses a backend when asked for one, and warns of old names.
        now, before = (dict(dict.items(each)) for each in (matplotlib.rcParams, matplotlib.rcParamsOrig))
        changed = {key: value for key, value in now.items() if key not in before or not same(value, before[key])}
        backend = changed.pop("backend", None)
        # A list that was changed in place (`rcParams["font.serif"].insert`) is the same one in both: so all travel.
        lists = {key: value for key, value in now.items() if isinstance(value, list) and is_plain(value)}
        data: dict[str, Any] = {"lists": lists, "backend": backend if isinstance(backend, str) else None}
        if "axes.prop_cycle" in changed:
            data["cycle"] = simplified(changed.pop("axes.prop_cycle").by_key())
        effects = changed.pop("path.effects", None)
        if effects:
            data["effects"] = [(objects.refer(type(each)), _parts(each, objects)) for each in effects]
        data["values"] = {key: objects.refer(simplified(value)) for key, value in changed.items()}
        names = [*changed, *(name for name in ("backend", "cycle", "effects") if data.get(name))]
        return Captured(data, detail=listed(names))

    def restore(self, data: Mapping[str, Any], objects: Objects) -> list[str]:
        """Set each, the backend last."""
        try:
            matplotlib = importlib.import_module("matplotlib")
        except Exception as error:  # noqa: BLE001 - importing runs foreign code
            return [f"matplotlib cannot be imported here ({why(error)})."]
        failures = []
        lists = {key: ("plain", value) for key, value in data["lists"].items() if value != matplotlib.rcParams.get(key)}
        for key, token in {**lists, **data["values"]}.items():
            try:
                matplotlib.rcParams[key] = objects.resolve(token)
            except (Unresolved, KeyError, ValueError, TypeError) as error:
                failures.append(f"rcParams[{key!r}] could not be set ({why(error)}).")
        if "cycle" in data:
            matplotlib.rcParams["axes.prop_cycle"] = matplotlib.cycler(**data["cycle"])
        if "effects" in data:
            failures += _set_effects(matplotlib, data["effects"], objects)
        return failures + _set_backend(matplotlib, data["backend"])


def _parts(effect: object, objects: Objects) -> dict[str, Token]:
    return {key: objects.refer(simplified(value)) for key, value in vars(effect).items()}


def _set_effects(matplotlib: Any, effects: list[Any], objects: Objects) -> list[str]:  # a module
    made = []
    try:
        for kind, parts in effects:
            effect = object.__new__(objects.resolve(kind))
            vars(effect).update({key: objects.resolve(token) for key, token in parts.items()})
            made.append(effect)
    except Unresolved as error:
        return [f"rcParams['path.effects'] was not set. {error}"]
    matplotlib.rcParams["path.effects"] = made
    return []


def _set_backend(matplotlib: Any, backend: str | None) -> list[str]:  # a module
    # Only if it is another one: to change it may close figures.
    if backend is None or dict.__getitem__(matplotlib.rcParams, "backend") == backend:
        return []
    try:
        matplotlib.use(backend)
    except Exception as error:  # noqa: BLE001 - a backend is foreign code
        return [f"The backend {backend} cannot be used here ({why(error)})."]
    return []


class ColourMaps:
    """Colour maps that the session has registered, to be found by their names."""

    name = "colour maps"
    early = False

    def loaded(self) -> bool:
        """Whether there is a registry that can tell which are its own."""
        matplotlib = sys.modules.get("matplotlib")
        return hasattr(getattr(matplotlib, "colormaps", None), "_builtin_cmaps")

    def baseline(self) -> None:
        """None is needed: the registry knows which are its own."""

    def capture(self, start: None, objects: Objects) -> Captured | None:  # noqa: ARG002
        """Take what others have registered."""
        registry = sys.modules["matplotlib"].colormaps
        # Importing seaborn registers its own, there as here.
        known = {*registry._builtin_cmaps, *vars(sys.modules.get("seaborn.cm", sys))}  # noqa: SLF001 - no public way
        names = [name for name in registry if name not in known and name.removesuffix("_r") not in known]
        if not names:
            return None
        return Captured({name: objects.refer(registry[name]) for name in names}, detail=listed(names))

    def restore(self, data: Mapping[str, Any], objects: Objects) -> list[str]:
        """Register each."""
        registry = importlib.import_module("matplotlib").colormaps
        failures = []
        for name, token in data.items():
            try:
                registry.register(objects.resolve(token), name=name, force=True)
            except (Unresolved, ValueError, TypeError) as error:
                failures.append(f"The colour map {name} could not be registered ({why(error)}).")
        return failures
