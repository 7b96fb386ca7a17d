"""What the session has registered with pandas and polars: accessors, namespaces (`frame.mine.method()`) and types."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.references import Objects, Unresolved
from kernelferry.objects.process.wording import listed, why

_HOSTS = {"pandas": ("DataFrame", "Series", "Index"), "polars": ("DataFrame", "LazyFrame", "Series", "Expr")}


class Accessors:
    """Those whose class is the session's."""

    name = "accessors"
    early = False

    def loaded(self) -> bool:
        """Whether a library is that has such things."""
        return any(library in sys.modules for library in _HOSTS)

    def baseline(self) -> None:
        """None is needed: the session's classes are known by their module."""

    def capture(self, start: None, objects: Objects) -> Captured | None:  # noqa: ARG002
        """Take the class of each."""
        found = {(library, host, name): objects.refer(cls) for library, host, name, cls in _registered()}
        return Captured(found, detail=listed([name for _, _, name in found])) if found else None

    def restore(self, data: Mapping[tuple[str, str, str], Any], objects: Objects) -> list[str]:
        """Register each."""
        failures = []
        for (library, host, name), token in data.items():
            try:
                _register(library, host, name, objects.resolve(token))
            except (Unresolved, AttributeError, ImportError) as error:
                failures.append(f"The accessor {name} could not be registered ({why(error)}).")
        return failures


def _registered() -> Iterator[tuple[str, str, str, type]]:
    for library, hosts in _HOSTS.items():
        for host in hosts if library in sys.modules else ():
            owner = getattr(sys.modules[library], host, None)
            for name, value in list(vars(owner).items()) if owner is not None else ():
                # pandas has a CachedAccessor there, polars a NameSpace.
                for cls in (getattr(value, "_accessor", None), getattr(value, "_ns", None)):
                    if isinstance(cls, type) and cls.__module__ == "__main__":
                        yield library, host, name, cls

    registry = getattr(sys.modules.get("pandas.core.dtypes.base"), "_registry", None)
    for cls in getattr(registry, "dtypes", ()):
        if cls.__module__ == "__main__":
            yield "pandas", "", cls.__name__, cls


def _register(library: str, host: str, name: str, cls: type) -> None:
    kind = host.lower()
    if not host:
        sys.modules["pandas"].api.extensions.register_extension_dtype(cls)
    elif library == "pandas":
        getattr(sys.modules["pandas"].api.extensions, f"register_{kind}_accessor")(name)(cls)
    else:
        getattr(sys.modules["polars"].api, f"register_{kind}_namespace")(name)(cls)
