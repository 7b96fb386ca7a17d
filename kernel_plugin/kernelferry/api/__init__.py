"""The wire contract: what kernel, sidecar, operator and store say to each other.

The lowest room of the house: it imports nothing else of ours and nothing but the standard library, since the operator
imports it too. What is listed in `__all__` is stable; everything else is not.
"""

from kernelferry.api.errors import FerryError, SchemaTooNew
from kernelferry.api.versions import CURRENT, SchemaVersion, check_readable

__all__ = ["CURRENT", "FerryError", "SchemaTooNew", "SchemaVersion", "check_readable"]
