"""How to take apart what pickle itself cannot, or does wrongly: one function a type, found by looking the type up.

Each module here is about one topic and has a `TABLE` of exact types. Types of libraries, which are not imported for
this, are known by name. What is in no table is written as pickle does.
"""

from __future__ import annotations

from kernelferry.objects.reducers.lookup import handler_for
from kernelferry.objects.reducers.names import Names, nameless
from kernelferry.objects.reducers.reduction import CannotStore, KnownToFail, Reducer

__all__ = ["CannotStore", "KnownToFail", "Names", "Reducer", "handler_for", "nameless"]
