"""PyTorch's tensors: those that share memory go on sharing it, and none loses its gradient in silence.

Pickle writes the memory of each tensor anew, forgets the gradient of a leaf, and cuts a result off from the graph that
it was computed by. Memory is written once here, gradients are written too, and such results are refused.
"""

from __future__ import annotations

import ctypes
import pickle
from typing import Any

from kernelferry.objects.reducers.reduction import CannotStore


def storage_of(data: Any, device: str) -> Any:
    """Make the memory of tensors."""
    import torch  # noqa: PLC0415 - only where a checkpoint has tensors

    view = memoryview(data)
    if not view.nbytes:
        made: Any = torch.UntypedStorage(0)
    else:
        # Small buffers come back as `bytes`, which nobody may write to.
        memory = bytearray(view) if view.readonly else data
        made = torch.frombuffer(memory, dtype=torch.uint8).untyped_storage()
    return made if device == "cpu" else torch.empty(0, dtype=torch.uint8).set_(made).to(device).untyped_storage()


def typed_storage(untyped: Any, dtype: Any) -> Any:
    """Make what knows how some memory is to be read."""
    import torch  # noqa: PLC0415 - likewise

    return torch.storage.TypedStorage(wrap_storage=untyped, dtype=dtype, _internal=True)


def set_gradient(made: Any, state: tuple[Any, Any]) -> None:
    """Give a tensor its attributes and its gradient."""
    own, gradient = state
    if own is not None:
        made.__setstate__(own)
    made.grad = gradient


def untyped(found: Any) -> Any:
    """Write the memory of tensors."""
    device = str(found.device)
    here = found if device == "cpu" else found.cpu()
    size = here.nbytes()
    if not size:
        return storage_of, (b"", device)
    shown = (ctypes.c_char * size).from_address(here.data_ptr())
    shown._owner = here  # noqa: SLF001 - keeps the memory alive as long as it is shown
    return storage_of, (pickle.PickleBuffer(memoryview(shown).cast("B")), device)


def typed(found: Any) -> Any:
    """Write what knows how some memory is to be read: it is made anew for each tensor, and is no identity to keep."""
    return typed_storage, (found._untyped_storage, found.dtype)  # noqa: SLF001 - how torch itself reads it


def tensor(found: Any) -> Any:
    """Write a tensor."""
    if found.grad_fn is not None:
        msg = "a tensor that is part of an autograd graph (detach it to keep its values)"
        raise CannotStore(msg)
    if not found.is_leaf or found.grad is None:
        return NotImplemented
    function, arguments, own = (*found.__reduce_ex__(pickle.DEFAULT_PROTOCOL), None)[:3]
    return function, arguments, (own, found.grad), None, None, set_gradient
