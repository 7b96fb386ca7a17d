"""Weak references: to what is still alive, and to what is gone."""

from __future__ import annotations

import weakref
from typing import Any

from kernelferry.objects.reducers.reduction import CannotStore, Reducer


class _Target:
    """Something that goes away at once."""


def reference(target: Any, callback: Any = None) -> Any:
    """Make a weak reference."""
    return weakref.ref(target, callback)


def dead_reference() -> Any:
    """Make a weak reference to something that is gone."""
    return weakref.ref(_Target())


def method_reference(method: Any) -> Any:
    """Make a weak reference to a bound method."""
    return weakref.WeakMethod(method)


def proxy_to(target: Any) -> Any:
    """Make a weak proxy."""
    return weakref.proxy(target)


def finalizer(target: Any, function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any], atexit: bool) -> Any:  # noqa: FBT001
    """Make a finalizer."""
    made = weakref.finalize(target, function, *arguments, **keywords)
    made.atexit = atexit
    return made


def _weak(ref: Any) -> Any:
    target = ref()
    if target is None:
        return dead_reference, ()
    return reference, (target, ref.__callback__)


def _weak_method(ref: Any) -> Any:
    method = ref()
    if method is None:
        return dead_reference, ()
    return method_reference, (method,)


def _proxy(proxy: Any) -> Any:
    try:
        target = proxy.__repr__.__self__
    except (AttributeError, ReferenceError):
        msg = "weak proxy of something that is gone"
        raise CannotStore(msg) from None
    return proxy_to, (target,)


def _finalize(found: Any) -> Any:
    detached = found.peek()
    if detached is None:
        msg = "a finalizer that has run already"
        raise CannotStore(msg)
    target, function, arguments, keywords = detached
    return finalizer, (target, function, arguments, keywords or {}, found.atexit)


def _filled(found: Any) -> Any:
    return type(found), (), None, None, iter(list(found.items()))


def _weak_set(found: Any) -> Any:
    return type(found), (list(found),)


TABLE: dict[type, Reducer] = {
    weakref.ref: _weak,
    weakref.WeakMethod: _weak_method,
    weakref.ProxyType: _proxy,
    weakref.CallableProxyType: _proxy,
    weakref.finalize: _finalize,
    weakref.WeakKeyDictionary: _filled,
    weakref.WeakValueDictionary: _filled,
    weakref.WeakSet: _weak_set,
}
