"""Of which classes the instances hide nothing: all their state stands in attributes that Python can see.

A class written in Python, with no base in C but `object`, has a dictionary, slots, or both. Objects of C code may hold
whatever they like where nobody sees it. Their size tells: what is larger than its visible attributes hides something.
"""

from __future__ import annotations

import sys
import types
import weakref
from dataclasses import dataclass

from kernelferry.kernel.paths import is_installed

HEAP_TYPE = 1 << 9
"""Py_TPFLAGS_HEAPTYPE: the class was made when the program ran, and can be changed."""

_POINTER = tuple.__itemsize__
_TRUSTED = frozenset({"numpy", "pandas", "IPython", "ipykernel", "matplotlib", "traitlets"})
"""Packages whose objects in C show the garbage collector all objects that they hold, or share nothing."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What is known of the instances of a class.

    Args:
        dictionary: reads an instance's own, without calling its code; None if it has none.
        slots: likewise.
        hides: there is more to an instance than that.
        foreign: it may share memory that the garbage collector does not see, as tensors do with arrays.
    """

    dictionary: types.GetSetDescriptorType | None
    slots: tuple[types.MemberDescriptorType, ...]
    hides: bool
    foreign: bool


def layout_of(cls: type) -> Layout:
    """How the instances of a class are laid out."""
    try:
        return _layouts[cls]
    except KeyError:
        layout = _layouts[cls] = _find_layout(cls)
        return layout


_layouts: weakref.WeakKeyDictionary[type, Layout] = weakref.WeakKeyDictionary()


def _find_layout(cls: type) -> Layout:
    dictionary: types.GetSetDescriptorType | None = None
    slots: list[types.MemberDescriptorType] = []
    for base in cls.__mro__:
        found = type.__dict__["__dict__"].__get__(base).get("__dict__")
        if type(found) is types.GetSetDescriptorType and base is not type:
            dictionary = found
        slots.extend(_own_slots(base))
    hiding = [base for base in cls.__mro__ if _hides(base)]
    return Layout(
        dictionary,
        tuple(slots),
        hides=bool(hiding) or (bool(cls.__dictoffset__) and dictionary is None),
        foreign=any(_package(base) not in _TRUSTED | sys.stdlib_module_names for base in hiding),
    )


def _own_slots(cls: type) -> list[types.MemberDescriptorType]:
    # Classes of C code show some of their fields in the same way, and need not show all.
    if "__slots__" not in vars(cls):
        return []
    return [member for member in vars(cls).values() if type(member) is types.MemberDescriptorType]


def _hides(cls: type) -> bool:
    """Whether a class adds something to its base that cannot be seen."""
    base = cls.__base__
    if base is None:
        return False
    size = base.__basicsize__ + _POINTER * len(_own_slots(cls))
    # From 3.11 on the dictionary may stand before the object, and later the weak references too; the offsets are
    # negative then, and what stands there is no part of the size.
    size += _POINTER * (cls.__dictoffset__ > 0 and not base.__dictoffset__)
    size += _POINTER * (cls.__weakrefoffset__ > 0 and not base.__weakrefoffset__)
    return cls.__basicsize__ > size or bool(cls.__itemsize__ and not base.__itemsize__)


def _package(cls: type) -> str:
    module: object = cls.__module__
    return module.partition(".")[0] if isinstance(module, str) else ""


def of_user_module(name: object) -> bool:
    """Whether a module is the user's own: the notebook, or a file of his that is not installed."""
    if name == "__main__":
        return True
    module = sys.modules.get(name) if isinstance(name, str) else None
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and not is_installed(file)
