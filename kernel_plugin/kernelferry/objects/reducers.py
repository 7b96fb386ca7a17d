"""How to take apart what pickle itself cannot: one function a type, found by looking the type up in one table."""

from __future__ import annotations

import functools
import importlib
import sys
import threading
import types
import weakref
from collections.abc import Callable
from typing import Any

SMALL_BUFFER = 64 * 1024
_LOCK = type(threading.Lock())
_RLOCK = type(threading.RLock())


class CannotStore(Exception):  # noqa: N818 - a reason, caught where the component is given up
    """An object that cannot be stored; the message says which and why, for the user's report."""


def module_named(name: str) -> types.ModuleType:
    """Import a module."""
    return importlib.import_module(name)


def module_made(name: str, doc: str | None) -> types.ModuleType:
    """Make a module that no file stands for."""
    return types.ModuleType(name, doc)


def cached(function: Any, maxsize: int | None, typed: bool, extra: dict[str, Any]) -> Any:  # noqa: FBT001
    """Make an `lru_cache` again, empty: its results come back as they are asked for."""
    made = functools.lru_cache(maxsize, typed)(function)
    made.__dict__.update(extra)
    return made


def reference(target: Any) -> Any:
    """Make a weak reference."""
    return weakref.ref(target)


def descriptor(cls: type, name: str) -> Any:
    """Return what a class of the interpreter itself holds under a name."""
    return cls.__dict__[name]


def attribute(module: str, name: str) -> Any:
    """Return a global of a module."""
    return getattr(importlib.import_module(module), name)


def _module(module: types.ModuleType) -> Any:
    name = module.__name__
    if sys.modules.get(name) is module:
        return module_named, (name,)
    hidden = {"__builtins__", "__loader__", "__spec__"}
    return module_made, (name, module.__doc__), {k: v for k, v in vars(module).items() if k not in hidden}


def _property(prop: property) -> Any:
    return property, (prop.fget, prop.fset, prop.fdel, prop.__doc__)


def _wrapped(method: Any) -> Any:
    return type(method), (method.__func__,)


def _method(method: types.MethodType) -> Any:
    # Not by name, as pickle does: the class may get its methods later.
    return types.MethodType, (method.__func__, method.__self__)


def _descriptor(found: Any) -> Any:
    return descriptor, (found.__objclass__, found.__name__)


def _proxy(proxy: types.MappingProxyType[Any, Any]) -> Any:
    return types.MappingProxyType, (proxy.copy(),)


def _lru_cache(wrapper: Any) -> Any:
    parameters = wrapper.cache_parameters()
    return cached, (wrapper.__wrapped__, parameters["maxsize"], parameters["typed"], dict(vars(wrapper)))


def _lock(lock: Any) -> Any:
    if lock.locked():
        msg = "thread lock is held"
        raise CannotStore(msg)
    return threading.Lock, ()


def _rlock(lock: Any) -> Any:
    if repr(lock).startswith("<locked"):  # there is no method to ask before Python 3.14
        msg = "thread lock is held"
        raise CannotStore(msg)
    return threading.RLock, ()


def _weak(ref: Any) -> Any:
    target = ref()
    if target is None:
        msg = "weak reference to an object that is gone"
        raise CannotStore(msg)
    return reference, (target,)


TABLE: dict[type, Callable[[Any], Any]] = {
    types.ModuleType: _module,
    property: _property,
    staticmethod: _wrapped,
    classmethod: _wrapped,
    types.MethodType: _method,
    types.ClassMethodDescriptorType: _descriptor,
    types.GetSetDescriptorType: _descriptor,
    types.MemberDescriptorType: _descriptor,
    types.MappingProxyType: _proxy,
    functools._lru_cache_wrapper: _lru_cache,  # noqa: SLF001 - the type has no public name
    _LOCK: _lock,
    _RLOCK: _rlock,
    weakref.ref: _weak,
}


def nameless(kind: Any) -> Any:
    """Write a type of the interpreter that no import finds under its own name by the one `types` has for it."""
    for name, value in vars(types).items():
        if value is kind:
            return attribute, ("types", name)
    return NotImplemented


def singleton(thing: Any) -> Any:
    """Write an object without state that a module holds by name (`dataclasses.MISSING`, say) as that name.

    Returns:
        A reduction, or NotImplemented for every other object.
    """
    kind = type(thing)
    if kind.__basicsize__ > _BARE or kind.__module__ == "builtins" or getattr(thing, "__dict__", None):
        return NotImplemented
    module = sys.modules.get(kind.__module__)
    if module is None or module.__name__ == "__main__":
        return NotImplemented
    for name, value in vars(module).items():
        if value is thing:
            return attribute, (module.__name__, name)
    return NotImplemented


class _Bare:
    """Has a dictionary and weak references, and nothing else."""


_BARE = _Bare.__basicsize__
