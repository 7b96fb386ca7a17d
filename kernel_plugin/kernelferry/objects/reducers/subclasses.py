"""Classes of the session that extend one of the standard library whose own way of being pickled forgets attributes.

`random.Random`, `datetime.date`, `Counter` and others write what they know of themselves; what a subclass has added
would be gone without a word.
"""

from __future__ import annotations

import pickle
import sys
from typing import Any

from kernelferry.objects.recognition import has_default_reduce, is_definition, module_of


def forgets_attributes(kind: type) -> bool:
    """Say whether a class of the session is pickled in the way of a class of the standard library."""
    if has_default_reduce(kind) or not is_definition(kind):
        return False
    for base in kind.__mro__:
        if {"__reduce__", "__reduce_ex__"} & vars(base).keys():
            return base is not object and module_of(base).partition(".")[0] in sys.stdlib_module_names
    return False


def with_attributes(found: Any) -> Any:
    """Write an instance in the way of its class, and what that has left out."""
    reduced = found.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
    attributes = getattr(found, "__dict__", None)
    if isinstance(reduced, str) or not attributes or len(reduced) > 5:
        return reduced
    function, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
    if isinstance(state, dict) and attributes.keys() <= state.keys():
        return reduced
    if isinstance(state, tuple) and state and isinstance(state[0], dict) and attributes.keys() <= state[0].keys():
        return reduced
    return function, arguments, (state, dict(attributes)), items, pairs, set_both


def set_both(made: Any, both: tuple[Any, dict[str, Any]]) -> None:
    """Give an instance what its class has written, and what that has left out."""
    state, attributes = both
    if state is not None:
        if hasattr(made, "__setstate__"):
            made.__setstate__(state)
        else:
            vars(made).update(state)
    for name, value in attributes.items():
        vars(made).setdefault(name, value)
