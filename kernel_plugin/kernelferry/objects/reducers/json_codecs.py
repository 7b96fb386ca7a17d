"""Decoders of JSON, which keep a scanner that is made from what else they know."""

from __future__ import annotations

import copyreg
import json.scanner
from typing import Any


def decoder(found: Any) -> Any:
    """Write a decoder without its scanner."""
    state = {name: value for name, value in vars(found).items() if name != "scan_once"}
    return copyreg.__newobj__, (type(found),), state, None, None, with_scanner  # type: ignore[attr-defined]


def with_scanner(made: Any, state: dict[str, Any]) -> None:
    """Give a decoder what it knows, and a scanner made from that."""
    vars(made).update(state)
    made.scan_once = json.scanner.make_scanner(made)
