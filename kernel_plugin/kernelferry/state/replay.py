"""Whether a cell may run again. In doubt it may not: a value can be stored instead, a deed cannot be undone.

A cell is safe if it did nothing but compute, and if what it computed from is still the same. The user overrules that
for one cell with a comment, `# ferry: replay` or `# ferry: never-replay`, and for all cells with the policy. Where they
contradict each other, the refusal wins.

A cell that failed is as safe as another: run again, it is expected to fail again, and to leave behind what it left.
"""

from __future__ import annotations

import enum
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kernelferry.state.effects import Effects, FilePin, FileWrite
from kernelferry.state.history import CellExecution


class ReplayPolicy(enum.Enum):
    """Which cells may run again, as `spec.replay` says it."""

    SAFE = "Safe"
    NEVER = "Never"
    ALL = "All"


class Mark(enum.Enum):
    """What the user has written into a cell about its replay."""

    REPLAY = "replay"
    NEVER = "never-replay"


PresentPin = Callable[[str], FilePin | None]
"""The pin of a file as it is now, or None if it is not there; asked only for files that a cell has read."""

# What they do is done again by running them again, and disturbs nothing; what they do to the process is recorded as
# such. A magic that starts a process is recorded as a process.
_HARMLESS_MAGICS = {
    "%%time", "%%timeit", "%%capture", "%%prun", "%%memit", "%%html", "%%HTML", "%%latex", "%%markdown", "%%svg",
    "%%SVG", "%time", "%timeit", "%prun", "%memit", "%matplotlib", "%config", "%load_ext", "%precision", "%pprint",
    "%xmode", "%colors", "%pinfo", "%pinfo2", "%pdoc", "%pdef", "%psource", "%pfile", "%who", "%whos", "%who_ls",
    "%lsmagic", "%pwd", "%history", "%hist", "%automagic", "%autoawait", "%tb", "%quickref", "%magic", "%psearch",
}  # fmt: skip
_UNKNOWN = "its code is not known"
_MARKED = "marked '# ferry: never-replay'"
_NEVER = "nothing may be replayed (replay: Never)"
_MARK = re.compile(r"#+\s*ferry:\s*(replay|never-replay)\s*$")
_MARK_LINE = re.compile(r"^\s*#+\s*ferry:\s*(replay|never-replay)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ReplayRules:
    """What decides about replays, and the eyes that it needs.

    Args:
        policy: see `ReplayPolicy`.
        present_pin: how a file is now. On the source it tells whether an input has changed since; on the target,
            whether it is there at all.
    """

    policy: ReplayPolicy
    present_pin: PresentPin

    def refusals(self, cell: CellExecution) -> tuple[str, ...]:
        """Say why a cell must not run again, in words for the user; empty if it may."""
        if cell.source is None:
            return (_UNKNOWN,)
        mark = mark_of(cell.source)
        if mark is Mark.NEVER:
            return (_MARKED,)
        if self.policy is ReplayPolicy.NEVER:
            return (_NEVER,)
        if self.policy is ReplayPolicy.ALL or mark is Mark.REPLAY:
            return ()
        return tuple(dict.fromkeys(self._unsafe(cell.effects)))

    def _unsafe(self, effects: Effects) -> Iterator[str]:
        yield from (f"{_wrote(write)} {write.path}" for write in effects.files_written if not _is_harmless(write))
        yield from (f"started a process: {command}" for command in effects.processes)
        yield from (f"opened a socket to {peer}" for peer in effects.sockets)
        if effects.stdin:
            yield "read stdin"
        if effects.threads:
            yield "left a thread or task running"
        yield from (f"read {path}, which cannot be compared" for path in effects.files_unpinned)
        yield from (f"drew random numbers from {name}, whose state is not known" for name in effects.randomness_lost)
        yield from (f"changed the process: {aspect}" for aspect in effects.process_state)
        yield from (f"used {magic}" for magic in effects.magics if magic not in _HARMLESS_MAGICS)
        yield from (f"raised the audit event {event}" for event in effects.other)
        yield from (f"used {name}, an earlier input or output" for name in effects.shell_history)
        for pin in effects.files_read:
            yield from self._changed(pin)

    def _changed(self, pin: FilePin) -> Iterator[str]:
        now = self.present_pin(pin.path)
        if now is None:
            yield f"input file {pin.path} is gone"
        elif now != pin:
            yield f"input file {pin.path} has changed since"


def remedy(execution_count: int | None, reasons: tuple[str, ...]) -> str:
    """What the user can do about the refusal of a cell: one sentence."""
    cell = "the cell" if execution_count is None else f"cell [{execution_count}]"
    if _UNKNOWN in reasons:
        return "Run the code again that made it, so that it is known how."
    if _MARKED in reasons:
        return f"Remove the comment '# ferry: never-replay' from {cell} and run it again, if that does no harm."
    if _NEVER in reasons:
        return "Allow safe cells to run again (replay: Safe)."
    return f"If it does no harm to run {cell} again, write the comment '# ferry: replay' into it, and run it once more."


def mark_of(source: str) -> Mark | None:
    """What the user has written in a cell about its replay; text in a string is no mark."""
    found = set(_marks(source))
    return Mark.NEVER if Mark.NEVER in found else Mark.REPLAY if found else None


def _marks(source: str) -> Iterator[Mark]:
    if "ferry:" not in source:
        return
    # Other languages, in `%%bash` and the like, do not tokenise; there a whole line must be the mark. For the refusal
    # such a line counts anywhere: it is the safe mistake.
    lines = [Mark(found[1]) for found in _MARK_LINE.finditer(source)]
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        yield from lines
        return
    yield from (mark for mark in lines if mark is Mark.NEVER)
    for token in tokens:
        if token.type == tokenize.COMMENT and (comment := _MARK.fullmatch(token.string)):
            yield Mark(comment[1])


def _wrote(write: FileWrite) -> str:
    return "wrote" if set(write.how) <= set("rwxab+t") else write.how


def _is_harmless(write: FileWrite) -> bool:
    # Compiled modules are a cache that any import fills; whoever writes to /dev/null, does not write.
    return write.scratch or write.path == "/dev/null" or (write.path.endswith(".pyc") and "/__pycache__/" in write.path)
