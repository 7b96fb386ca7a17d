"""Write roots as one stream: variables, outputs, and the states of definitions.

The C pickler is tried first; where a graph is too deep for it, with a larger stack; and where it has no way to write an
object, dill's pickler is asked whether it knows one.
"""

from __future__ import annotations

import importlib
import io
import pickle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Literal

from kernelferry.objects.deep import PurePickler, call_deep, needs_python
from kernelferry.objects.definitions import Ref
from kernelferry.objects.pickling import PROTOCOL, Overrides, Pickler, Session, drop_anchors, dump_skeleton, out_of_band
from kernelferry.objects.quiet import quiet
from kernelferry.objects.reducers import CannotStore

Engine = Literal["pickle", "dill"]


@dataclass(frozen=True)
class Root:
    """One thing to store.

    Args:
        key: `=` and a name for a variable or the like; the name of a definition for its state.
        value: the object; None for a definition.
    """

    key: str
    value: Any = None

    @property
    def is_definition(self) -> bool:
        """Whether this is the state of a definition."""
        return not self.key.startswith("=")


@dataclass(frozen=True)
class Dumped:
    """Some roots as bytes.

    Args:
        marks: what each pickle of the stream holds, in order: `#` for an anchor, `!` and a definition for its
            behaviour, a definition for its state, `=` and a name for a variable.
        stream: the pickles, one after the other.
        buffers: what left them out of band, in order; memory of the live objects, not a copy.
        needs: the definitions, cells and foreign globals that it names.
        memo: gives the objects in it, by identity, as the pickler's memo has them. They are kept alive.
        seconds: how long it took.
        engine: whose pickler wrote it.
        deep: whether it took a larger stack.
    """

    marks: tuple[str, ...]
    stream: memoryview
    buffers: tuple[pickle.PickleBuffer, ...]
    needs: frozenset[Ref]
    memo: Callable[[], dict[int, tuple[int, Any]]]
    seconds: float
    engine: Engine = "pickle"
    deep: bool = False

    @property
    def size(self) -> int:
        """How many bytes it is."""
        return len(self.stream) + sum(buffer.raw().nbytes for buffer in self.buffers)


def dump(roots: Sequence[Root], session: Session, *, engine: Engine = "pickle", deep: bool = False) -> Dumped:
    """Write roots as one stream.

    Raises:
        CannotStore: an object in it cannot be stored.
        Exception: whatever an object's own way of being pickled raises.
    """
    try:
        if deep:
            return call_deep(lambda: _dump(roots, session, engine, deep=True))
        return _dump(roots, session, engine)
    except RecursionError:
        if deep:
            raise
        return call_deep(lambda: _dump(roots, session, engine, deep=True))
    except CannotStore:
        raise
    except Exception as exc:  # whatever foreign code raises
        if engine == "dill":
            raise
        return _with_dill(roots, session, exc)


def _with_dill(roots: Sequence[Root], session: Session, first: Exception) -> Dumped:
    try:
        return _dump(roots, session, "dill")
    except CannotStore:
        raise
    except Exception:  # noqa: BLE001 - dill knows no way either; what pickle said is the better reason
        raise first from None


def _dump(roots: Sequence[Root], session: Session, engine: Engine, *, deep: bool = False) -> Dumped:
    stream = io.BytesIO()
    buffers: list[pickle.PickleBuffer] = []
    session.needs = set()
    pickler = _pickler(engine, session, stream, buffers, deep=deep)
    marks = ["#"] * len(session.anchors)
    begun = perf_counter()
    with quiet():
        drop_anchors(pickler, session.anchors)
        for root in roots:
            if root.is_definition:
                dump_skeleton(Ref(root.key), session)  # to see whether it can be
        for mark, make in _in_order(roots, session):
            pickler.dump(make())
            marks.append(mark)
    seconds = perf_counter() - begun
    memo = pickler.memo.copy  # both a dictionary's and what the C pickler has instead
    return Dumped(
        tuple(marks), stream.getbuffer(), tuple(buffers), frozenset(session.needs), memo, seconds, engine, deep
    )


def _in_order(roots: Sequence[Root], session: Session) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Go through what is to be pickled: behaviour first, since instances in the data may need it to be made."""
    registry = session.registry
    # Functions before classes: a class's data may be instances, which take its methods to be made.
    definitions = sorted((root.key for root in roots if root.is_definition), key=lambda key: key.startswith("class"))
    for key in definitions:
        yield f"!{key}", lambda key=key: registry.behaviour(Ref(key))  # type: ignore[misc]
    for key in definitions:
        yield key, lambda key=key: registry.state(Ref(key))  # type: ignore[misc]
    for root in roots:
        if not root.is_definition:
            yield root.key, lambda root=root: root.value  # type: ignore[misc]


def _pickler(
    engine: Engine, session: Session, stream: io.BytesIO, buffers: list[pickle.PickleBuffer], *, deep: bool
) -> Any:
    if engine == "dill":
        return _dill_pickler()(session, stream, buffers)
    if deep and needs_python():
        return PurePickler(session, stream, buffers)
    return Pickler(session, stream, buffers)


def _dill_pickler() -> Any:
    """Make dill's pickler ours; only where it is asked for, since importing dill takes its time."""
    dill: Any = importlib.import_module("dill")

    class DillPickler(Overrides, dill.Pickler):  # type: ignore[misc]
        def __init__(self, session: Session, sink: io.BytesIO, buffers: list[pickle.PickleBuffer]) -> None:
            super().__init__(sink, PROTOCOL, buffer_callback=out_of_band(buffers), recurse=True)
            self.session = session

    return DillPickler
