"""Versions of the wire contract, and who can read whom.

Checkpoints outlive the release that wrote them, and a plugin may be months older than the operator that talks to it.
Therefore everything written down carries `major.minor`:

* A new **minor** only adds what a reader may ignore. Every reader of the same major reads it.
* A new **major** changes what existing things mean. An older reader refuses it: half a restore is worse than none.

A reader reads all older majors. The version of the contract is not the version of the distribution, which moves faster.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kernelferry.api.errors import SchemaTooNew

# Strict, so that each version has one spelling and can be compared as text: no signs, blanks, leading zeros.
_SPELLING = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


@dataclass(frozen=True, order=True)
class SchemaVersion:
    """One version of the wire contract; ordered, and written as `major.minor`.

    Args:
        major: raised when the meaning of something existing changes.
        minor: raised when something is added.

    Raises:
        ValueError: a part is negative.
    """

    major: int
    minor: int

    def __post_init__(self) -> None:
        if self.major < 0 or self.minor < 0:
            msg = f"a version has no negative parts: {self}"
            raise ValueError(msg)

    @classmethod
    def parse(cls, text: str) -> SchemaVersion:
        """Read a version as `str` writes it.

        Raises:
            ValueError: the text is anything but two plain decimal numbers with a dot between them.
        """
        found = _SPELLING.fullmatch(text)
        if found is None:
            msg = f"not a version of the wire contract (major.minor): {text!r}"
            raise ValueError(msg)
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


CURRENT = SchemaVersion(1, 0)
"""The version that this release writes."""


def check_readable(found: SchemaVersion) -> None:
    """Refuse what a newer major version has written; let everything else pass.

    Args:
        found: the version that stands in what is about to be read.

    Raises:
        SchemaTooNew: its major is newer than ours.
    """
    if found.major > CURRENT.major:
        raise SchemaTooNew(
            problem=f"This was written in version {found} of the wire contract; this release reads up to {CURRENT}.",
            state="Nothing of it was read, and it is unchanged.",
            remedy=f"Install a release of kernel-ferry that reads version {found.major}, and try again.",
        )
