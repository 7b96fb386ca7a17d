"""Objects with traits, widgets among them: with whoever observes them, and known again to those who route messages.

Traitlets leaves out the observers when it is pickled, since a class registers its own anew. Those that the user has
registered would be lost without a word.
"""

from __future__ import annotations

import copyreg
import sys
from typing import Any

from kernelferry.objects.recognition import has_default_reduce

_OBSERVERS = ("_trait_notifiers", "_trait_validators")


def set_traits(made: Any, state: tuple[Any, dict[str, Any]]) -> None:
    """Give an object its traits, and the observers that it had."""
    own, observers = state
    made.__setstate__(own)
    made.__dict__.update(observers)
    widgets = sys.modules.get("ipywidgets.widgets.widget")
    if widgets is not None and isinstance(made, widgets.Widget) and made.comm is not None:
        # So that what a view in the browser says reaches this widget.
        widgets._instances[made.model_id] = made  # noqa: SLF001 - there is no public way


def set_comm(made: Any, state: tuple[Any, dict[str, Any]]) -> None:
    """Give a comm its state, and let messages for it find it; the other side has it open."""
    own, observers = state
    if hasattr(made, "__setstate__"):
        made.__setstate__(own)
    made.__dict__.update(own)
    made.__dict__.update(observers)
    if not made.__dict__.get("_closed", False):
        sys.modules["comm"].get_comm_manager().register_comm(made)


def has_traits(found: Any) -> Any:
    """Write an object with traits."""
    return _with_observers(found, set_traits)


def comm(found: Any) -> Any:
    """Write a comm."""
    return _with_observers(found, set_comm)


def _with_observers(found: Any, setter: Any) -> Any:
    kind = type(found)
    if not has_default_reduce(kind):
        return NotImplemented
    observers = {name: vars(found)[name] for name in _OBSERVERS if name in vars(found)}
    own = found.__getstate__() if hasattr(found, "__getstate__") else dict(vars(found))
    return copyreg.__newobj__, (kind,), (own, observers), None, None, setter  # type: ignore[attr-defined]
