"""How a notebook shows matplotlib's figures: `%config InlineBackend.figure_formats = ["svg"]` and the like."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.plain import is_plain, same
from kernelferry.objects.process.references import Objects
from kernelferry.objects.process.wording import listed, why


class InlineFigures:
    """The settings of the backend `inline` that are not as they are by default."""

    name = "inline figures"
    early = False

    def loaded(self) -> bool:
        """Whether there is such a backend, and it has been set up."""
        backend = getattr(sys.modules.get("matplotlib_inline.config"), "InlineBackend", None)
        return backend is not None and bool(backend.initialized())

    def baseline(self) -> None:
        """None is needed: each setting knows its default."""

    def capture(self, start: None, objects: Objects) -> Captured | None:  # noqa: ARG002
        """Take what differs."""
        kind = sys.modules["matplotlib_inline.config"].InlineBackend
        now = {name: getattr(kind.instance(), name) for name in kind.class_trait_names(config=True)}
        usual = kind()
        values = {
            name: value for name, value in now.items() if is_plain(value) and not same(value, getattr(usual, name))
        }
        return Captured(values, detail=listed([*values])) if values else None

    def restore(self, data: Mapping[str, Any], objects: Objects) -> list[str]:  # noqa: ARG002
        """Set each; the formats last, since they are chosen with the arguments for printing."""
        shell = importlib.import_module("IPython").get_ipython()
        failures = []
        try:
            backend = importlib.import_module("matplotlib_inline.config").InlineBackend.instance(parent=shell)
        except ImportError as error:
            return [f"matplotlib_inline cannot be imported here ({why(error)})."]
        for name in sorted(data, key=lambda name: name == "figure_formats"):
            try:
                setattr(backend, name, data[name])
            except Exception as error:  # noqa: BLE001 - a trait's own check
                failures.append(f"InlineBackend.{name} could not be set ({why(error)}).")
        return failures
