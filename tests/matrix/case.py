"""What a row of the matrix is: objects, and what must be true of them in another kernel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent

STORED = "stored"
RECOMPUTED = "recomputed"
SKIPPED = "skipped"
KEPT = f"{STORED}|{RECOMPUTED}"
"""It does not matter how: the value is there, and the check says that it is the right one."""
EITHER = f"{KEPT}|{SKIPPED}"
"""Whether it can move at all is left open: it is there and right, or it is named."""

_CELL = re.compile(r"^# %%.*\n", re.MULTILINE)


# Two cases are the same if they are one object: their mappings have no hash.
@dataclass(frozen=True, eq=False)
class Case:
    """A claim about objects that move.

    Args:
        name: the claim, in words; it can be false.
        make: the code that makes the objects; a line `# %%` begins another cell, a line `# fails` allows one to fail.
        check: asserts what is true of them, before and after a move. Of a variable that is expected to be skipped it
            asserts nothing, or only if it is there.
        expected: outcomes by variable, several of them joined by `|`. What is not named has to be there: whether it is
            stored or computed again is a matter of cost, and the planner's to decide.
        reasons: texts that the reasons of skipped variables must contain, by variable.
        process: outcomes by aspect of the process, for those that matter to the claim.
        needs: modules without which the case makes no sense.
        alone: it changes the whole process, so it gets kernels of its own.
        limit: why Kernel Ferry does not do this yet. The row is then expected to fail; when it holds, this has to go.
    """

    name: str
    make: str
    check: str
    expected: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    process: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    alone: bool = False
    limit: str = ""

    def cells(self) -> list[str]:
        """The cells that make the objects."""
        return [cell for cell in map(str.strip, _CELL.split(dedent(self.make).lstrip("\n"))) if cell]

    def check_cells(self) -> list[str]:
        """The cells that check them; more than one if what one leaves behind (`_`, say) matters to the next."""
        return [cell for cell in map(str.strip, _CELL.split(dedent(self.check).lstrip("\n"))) if cell]

    def expects(self, variable: str) -> tuple[str, ...]:
        """The outcomes that are right for a variable."""
        return tuple(self.expected.get(variable, KEPT).split("|"))

    def id(self) -> str:
        """Its name, fit for a command line."""
        return re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")


@dataclass(frozen=True)
class Group:
    """Cases that share a pair of kernels.

    Args:
        topic: the name of the file that they stand in.
        cases: in the order in which they run.
    """

    topic: str
    cases: tuple[Case, ...]
