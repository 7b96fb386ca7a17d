"""The global random number generators.

They always travel, seeded or not: a value drawn after the move is the one that would have been drawn without it. Last
of all, since loading and computing variables may draw numbers.
"""

from __future__ import annotations

import importlib
import random
import sys
from collections.abc import Mapping
from typing import Any

from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.plain import simplified
from kernelferry.objects.process.references import Objects
from kernelferry.objects.process.wording import why


class PythonRandom:
    """The functions of the module `random`."""

    name = "random"
    early = False

    def loaded(self) -> bool:
        """We have imported it ourselves, and with it nothing that the interpreter had not."""
        return True

    def baseline(self) -> None:
        """None is needed: it always travels."""

    def capture(self, start: None, objects: Objects) -> Captured:  # noqa: ARG002
        """Take the state."""
        return Captured(random.getstate())

    def restore(self, data: tuple[Any, ...], objects: Objects) -> list[str]:  # noqa: ARG002
        """Set the state."""
        random.setstate(data)
        return []


class NumpyRandom:
    """The functions of `numpy.random`, which scikit-learn, scipy and pandas use too."""

    name = "numpy.random"
    early = False

    def loaded(self) -> bool:
        """Whether numpy is."""
        return hasattr(sys.modules.get("numpy.random"), "get_state")

    def baseline(self) -> None:
        """None is needed: it always travels."""

    def capture(self, start: None, objects: Objects) -> Captured:  # noqa: ARG002
        """Take the state, and with it the kind of the bit generator."""
        state = simplified(sys.modules["numpy.random"].get_state(legacy=False))
        return Captured(state)

    def restore(self, data: Mapping[str, Any], objects: Objects) -> list[str]:  # noqa: ARG002
        """Set the state, after the bit generator if it is of another kind."""
        try:
            numpy_random = importlib.import_module("numpy.random")
        except Exception as error:  # noqa: BLE001 - importing runs foreign code
            return [f"numpy cannot be imported here ({why(error)})."]
        kind = data["bit_generator"]
        if numpy_random.get_state(legacy=False)["bit_generator"] != kind:
            # From numpy 1.24 on, as is the function by which a session can have got another kind.
            numpy_random.set_bit_generator(getattr(numpy_random, kind)())
        numpy_random.set_state(data)
        return []


class TorchRandom:
    """The default generators of torch: the CPU's, and those of CUDA devices that were in use."""

    name = "torch.random"
    early = False

    def loaded(self) -> bool:
        """Whether torch is."""
        return hasattr(sys.modules.get("torch"), "get_rng_state")

    def baseline(self) -> None:
        """None is needed: a fresh generator of torch's always begins with the same seed."""

    def capture(self, start: None, objects: Objects) -> Captured | None:  # noqa: ARG002
        """Take the states, unless they are those of a fresh process."""
        torch = sys.modules["torch"]
        cpu = _as_bytes(torch.get_rng_state())
        devices = [_as_bytes(state) for state in torch.cuda.get_rng_state_all()] if torch.cuda.is_initialized() else []
        if not devices and cpu == _as_bytes(torch.Generator().get_state()):
            return None
        return Captured({"cpu": cpu, "cuda": devices})

    def restore(self, data: Mapping[str, Any], objects: Objects) -> list[str]:  # noqa: ARG002
        """Set the states of what is there."""
        try:
            torch = importlib.import_module("torch")
        except Exception as error:  # noqa: BLE001 - importing runs foreign code
            return [f"torch cannot be imported here ({why(error)})."]
        torch.set_rng_state(_as_tensor(torch, data["cpu"]))
        here = torch.cuda.device_count() if data["cuda"] else 0
        for device, state in enumerate(data["cuda"][:here]):
            torch.cuda.set_rng_state(_as_tensor(torch, state), device)
        missing = range(here, len(data["cuda"]))
        return [f"The random numbers of CUDA device {device}: there is no such device here." for device in missing]


def _as_bytes(state: Any) -> bytes:  # torch has not been imported for its types
    return bytes(state.tolist())


def _as_tensor(torch: Any, state: bytes) -> Any:
    return torch.tensor(list(state), dtype=torch.uint8)
