"""Why something cannot be stored, in words for the user: what inside of it, and what is the matter with that."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from kernelferry.kernel.planning import Reasons
from kernelferry.objects.definitions import Ref, Registry
from kernelferry.objects.diagnosis import locate, words
from kernelferry.objects.grouping import Grouped, NeedsWhatFailed
from kernelferry.objects.pickling import Pickler, Session
from kernelferry.objects.quiet import quiet
from kernelferry.objects.reducers import KnownToFail


def reasons_for(grouped: Grouped, session: Session, values: Mapping[str, Any]) -> Reasons:
    """Explain every root that cannot be stored: by itself, or because it needs a definition that cannot.

    Args:
        grouped: what was pickled, and what could not be.
        session: what the picklers share.
        values: the objects behind the keys of variables.
    """
    found: dict[str, str] = {}
    for key, exc in grouped.failures.items():
        if isinstance(exc, NeedsWhatFailed):
            found[key] = f"needs {_called(exc.ref, session)}: {found[exc.ref]}"
        else:
            found[key] = _reason(key, exc, session, values)
    return Reasons(found)


def _reason(key: str, exc: BaseException, session: Session, values: Mapping[str, Any]) -> str:
    is_variable = key[0] == "="
    thing = values.get(key) if is_variable else session.registry.thing(Ref(key))
    label = key[1:] if is_variable else _called(key, session)
    if isinstance(exc, KnownToFail):  # and not to be tried again
        return f"{label}: {exc}"
    try:
        path, inner = locate(label, thing, _Attempt(session))
    except Exception:  # noqa: BLE001 - foreign code, in properties and the like: then no path is given
        path, inner = label, None
    why = words(exc if inner is None else inner)
    return f"{path}: {why}"


def _called(ref: str, session: Session) -> str:
    thing = session.registry.thing(Ref(ref))
    return str(getattr(thing, "__qualname__", None) or getattr(thing, "__name__", ref)).replace("<locals>.", "")


class _Attempt:
    """Tries to pickle a part, without a trace in what is written."""

    def __init__(self, session: Session) -> None:
        self._session = Session(Registry(session.registry.namespace), fixtures=session.fixtures)

    def __call__(self, part: Any) -> BaseException | None:
        try:
            with quiet():
                Pickler(self._session, io.BytesIO(), []).dump(part)
        except KeyboardInterrupt:
            raise
        except BaseException as exc:  # noqa: BLE001 - whatever foreign code raises
            return exc
        return None
