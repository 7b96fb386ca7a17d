"""Modules, methods, descriptors, code and the like: what the interpreter itself is made of."""

from __future__ import annotations

import functools
import importlib
import marshal
import re
import struct
import sys
import types
from typing import Any

from kernelferry.objects.recognition import is_module_importable
from kernelferry.objects.reducers.reduction import CannotStore, Reducer, refuse
from kernelferry.objects.sources import VERSION, Shape, compile_again, source_of


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


def descriptor(cls: type, name: str) -> Any:
    """Return what a class of the interpreter itself holds under a name."""
    return cls.__dict__[name]


def mapping_proxy(mapping: Any) -> Any:
    """Make a read-only view of a mapping again."""
    return types.MappingProxyType(mapping)


def code(version: str, dumped: bytes, source: str, shape: Shape, filename: str) -> types.CodeType:
    """Make a code object again, from its source if this interpreter cannot read its bytecode."""
    if version == VERSION:
        made: types.CodeType = marshal.loads(dumped)  # noqa: S302 - its digest was checked, as the pickle's around it
        return made
    again = compile_again(source, shape, filename)
    if again is None:
        msg = f"the code {shape.name} was compiled by {version}, and cannot be told apart in its source"
        raise CannotStore(msg)
    return again


def found_again(pattern: re.Pattern[Any], text: Any, pos: int, endpos: int, span: tuple[int, int]) -> Any:
    """Search a text again, for the match that was found there."""
    for attempt in (pattern.match, pattern.search, pattern.fullmatch):
        match = attempt(text, pos, endpos)
        if match is not None and match.span() == span:
            return match
    match = next((each for each in pattern.finditer(text, pos, endpos) if each.span() == span), None)
    if match is None:
        msg = "a match that is not found again"
        raise CannotStore(msg)
    return match


def _module(module: types.ModuleType) -> Any:
    name = module.__name__
    if sys.modules.get(name) is module:
        if is_module_importable(module) or name == "__main__":
            return module_named, (name,)
        return module_named, (name,), None  # the session has put it there: the process's own state carries it
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
    # There is no way to ask for the mapping itself, but the union with something else is left to that.
    return mapping_proxy, (proxy | _Uncover(),)


class _Uncover:
    def __ror__(self, mapping: Any) -> Any:
        return mapping


def _lru_cache(wrapper: Any) -> Any:
    parameters = wrapper.cache_parameters()
    return cached, (wrapper.__wrapped__, parameters["maxsize"], parameters["typed"], dict(vars(wrapper)))


def _code(found: types.CodeType) -> Any:
    source = source_of(found)
    return code, (VERSION, marshal.dumps(found), source, Shape.of(found), found.co_filename)


def _match(match: re.Match[Any]) -> Any:
    arguments = (match.re, match.string, match.pos, match.endpos, match.span())
    found_again(*arguments)
    return found_again, arguments


def _struct(found: struct.Struct) -> Any:
    return struct.Struct, (found.format,)


def _dict_keys(keys: Any) -> Any:
    return dict.keys, (_mapping_of(keys),)


def _dict_values(values: Any) -> Any:
    return dict.values, (_mapping_of(values),)


def _dict_items(items: Any) -> Any:
    return dict.items, (_mapping_of(items),)


def _mapping_of(shown: Any) -> Any:
    return shown.mapping | _Uncover()


TABLE: dict[type, Reducer] = {
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
    types.CodeType: _code,
    re.Match: _match,
    struct.Struct: _struct,
    type({}.keys()): _dict_keys,
    type({}.values()): _dict_values,
    type({}.items()): _dict_items,
    types.FrameType: refuse("a running frame cannot be stored"),
    types.GeneratorType: refuse("a generator cannot be stored"),
    types.CoroutineType: refuse("a coroutine cannot be stored"),
    types.AsyncGeneratorType: refuse("an asynchronous generator cannot be stored"),
}
