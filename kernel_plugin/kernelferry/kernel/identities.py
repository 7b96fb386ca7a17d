"""Identities that no pickle keeps: a number or text under several names, and constants that are compared with `is`.

Inside of containers they are not kept: nobody compares numbers there by identity, and to note them would cost as much
as all the rest.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

_VALUES = frozenset({int, float, complex, str, bytes})
_CONSTANTS = {
    "numpy": ("nan", "inf", "pi", "e", "euler_gamma"),
    "math": ("nan", "inf", "pi", "e", "tau"),
    "cmath": ("nan", "nanj", "infj"),
    "pandas": ("NA", "NaT"),
    "sys": ("maxsize", "version", "platform", "executable"),
    "string": ("ascii_letters", "digits", "punctuation"),
}


def identities(names: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the identities of plain values, in plain types."""
    constants = _constants()
    by_identity: dict[int, list[str]] = {}
    for name, value in names.items():
        if type(value) in _VALUES or id(value) in constants:
            by_identity.setdefault(id(value), []).append(name)
    known = {
        name: list(constants[identity])
        for identity, group in by_identity.items()
        if identity in constants
        for name in group
    }
    groups = [group for identity, group in by_identity.items() if len(group) > 1 and identity not in constants]
    return {"constants": known, "one_value": groups}


def restore_identities(namespace: dict[str, Any], described: Mapping[str, Any]) -> None:
    """Bind names to the constants, and to the one value, that they were bound to; never to another value."""
    for name, (module, attribute) in described["constants"].items():
        constant = getattr(sys.modules.get(module) or importlib.import_module(module), attribute, None)
        if name in namespace and _same(namespace[name], constant):
            namespace[name] = constant
    for group in described["one_value"]:
        here = [name for name in group if name in namespace]
        for name in here[1:]:
            if _same(namespace[name], namespace[here[0]]):
                namespace[name] = namespace[here[0]]


def _constants() -> dict[int, tuple[str, str]]:
    found: dict[int, tuple[str, str]] = {}
    for module, attributes in _CONSTANTS.items():
        loaded = sys.modules.get(module)
        for attribute in attributes if loaded is not None else ():
            value = getattr(loaded, attribute, None)
            if value is not None:
                found.setdefault(id(value), (module, attribute))
    return found


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and (one is other or repr(one) == repr(other))
