"""Which name was bound to which object, so that it can be seen later which are bound to another.

Objects are remembered by identity, since to remember them would keep them alive. An identity can come again once its
object is gone: numbers and short texts are therefore kept, and for all others whoever compares knows whether the name
may have been bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kernelferry.kernel.contents import LONGEST_TEXT, SIMPLE


@dataclass(frozen=True, slots=True)
class Bindings:
    """The names of a moment; by name the object itself, or its identity."""

    kept: Mapping[str, object]
    identities: Mapping[str, int]

    @classmethod
    def of(cls, names: Mapping[str, object]) -> Bindings:
        """Remember what names are bound to."""
        kept = {name: value for name, value in names.items() if _is_kept(value)}
        return cls(kept, {name: id(value) for name, value in names.items() if name not in kept})

    def __contains__(self, name: str) -> bool:
        return name in self.identities or name in self.kept

    def names(self) -> set[str]:
        """All names that were bound."""
        return {*self.kept, *self.identities}

    def is_same(self, name: str, value: object) -> bool:
        """Whether a name was bound to this very object, or to one that was where it is now."""
        if name in self.identities:
            return self.identities[name] == id(value) and not _is_kept(value)
        return name in self.kept and self.kept[name] is value

    def changed(self, names: Mapping[str, object]) -> set[str]:
        """The names that are bound now, and were not, or not to this object."""
        return {name for name, value in names.items() if not self.is_same(name, value)}


def _is_kept(value: object) -> bool:
    return type(value) in SIMPLE and not (isinstance(value, str | bytes) and len(value) > LONGEST_TEXT)
