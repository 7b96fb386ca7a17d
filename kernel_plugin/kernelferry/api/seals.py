"""The digest in a manifest: it is the first thing that stands there, and that of the text without it.

Of the text and not of its meaning: there is one spelling, so that every altered byte shows. Every minor version of the
contract keeps to this, for a reader must be able to check what it does not understand.
"""

from __future__ import annotations

import hashlib
from typing import Any

from kernelferry.api import plain
from kernelferry.api.versions import SchemaVersion, check_readable

_BEFORE, _AFTER = '{"digest":"', '",'


def seal(text: str) -> tuple[str, str]:
    """Put the digest of a JSON object into its text; return both."""
    digest = _digest(text)
    return f"{_BEFORE}{digest}{_AFTER}{text[1:]}", digest


def unseal(text: str | bytes) -> tuple[dict[str, Any], str]:
    """Check the version and the digest of a manifest; return what it says, not yet looked into, and the digest.

    The digest is that of the text and not of its meaning: there is one spelling, and every altered byte shows.

    Raises:
        SchemaTooNew: a newer major version has written it.
        ValueError: it is altered, or no manifest; the text names what is wrong.
    """
    text = text if isinstance(text, str) else text.decode("ascii")
    data: Any = plain.loads(text)
    if not isinstance(data, dict) or not isinstance(data.get("schema"), str):
        msg = "schema: is absent"
        raise ValueError(msg)  # noqa: TRY004 - what is wrong is what was read, not how this was called
    check_readable(SchemaVersion.parse(data["schema"]))
    said, _, rest = text.removeprefix(_BEFORE).partition(_AFTER)
    found = _digest("{" + rest)
    if not text.startswith(_BEFORE) or said != found:
        msg = f"digest: it says {data.get('digest')!r}, but its content has {found}"
        raise ValueError(msg)
    return data, found


def _digest(text: str) -> str:
    # Always this algorithm: whoever reads a manifest, the operator too, must be able to check it without any package.
    return "b2-" + hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=32).hexdigest()
