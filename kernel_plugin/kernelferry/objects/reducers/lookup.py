"""From a type to what writes its objects."""

from __future__ import annotations

import importlib
import threading
from typing import Any

from kernelferry.objects.memory import Memory, array_reducer
from kernelferry.objects.recognition import full_name
from kernelferry.objects.reducers import (
    builtin,
    concurrent,
    exceptions,
    files,
    instances,
    subclasses,
    threads,
    views,
    weak,
)
from kernelferry.objects.reducers.names import Names
from kernelferry.objects.reducers.reduction import Reducer

_TABLE: dict[type, Reducer] = {
    **builtin.TABLE,
    **threads.TABLE,
    **concurrent.TABLE,
    **weak.TABLE,
    **files.TABLE,
    **exceptions.TABLE,
    **views.TABLE,
}
# By the name of a class or of one of its bases, so that nothing is imported that the session did not: module and
# function in this package.
_BY_NAME = {
    "pandas._libs.internals.Block": ("pandas_blocks", "block"),
    "pandas._libs.internals.BlockValuesRefs": ("pandas_blocks", "refs"),
    "pandas.core.internals.managers.SingleBlockManager": ("pandas_blocks", "series_manager"),
    "comm.base_comm.BaseComm": ("traits", "comm"),
    "traitlets.traitlets.HasTraits": ("traits", "has_traits"),
    "torch.Tensor": ("tensors", "tensor"),
    "torch._tensor.Tensor": ("tensors", "tensor"),
    "torch.storage.TypedStorage": ("tensors", "typed"),
    "torch.storage.UntypedStorage": ("tensors", "untyped"),
    "numpy.memmap": ("numpy_arrays", "memmap"),
    "json.decoder.JSONDecoder": ("json_codecs", "decoder"),
    "matplotlib.cbook.CallbackRegistry": ("plots", "callbacks"),
    "numpy.ma.MaskedArray": ("numpy_arrays", "masked"),
    "numpy.ma.core.MaskedArray": ("numpy_arrays", "masked"),
    "numpy.ndarray": ("numpy_arrays", "subclassed"),
}


def handler_for(kind: type, memory: Memory, names: Names) -> Reducer | None:
    """Return what writes objects of a type, or None if pickle does."""
    if kind in _TABLE:
        return _TABLE[kind]
    if full_name(kind) == "numpy.ndarray":
        texts: Any = importlib.import_module(f"{__package__}.numpy_arrays").texts
        return array_reducer(memory, texts)
    return _by_base(kind) or instances.reducer_for(kind) or names.reducer(kind)


def _by_base(kind: type) -> Reducer | None:
    if issubclass(kind, BaseException):
        return exceptions.exception
    if issubclass(kind, threading.Thread) and "__reduce__" not in vars(kind):
        return threads.thread
    if issubclass(kind, threading.local):
        return threads.local
    if subclasses.forgets_attributes(kind):
        return subclasses.with_attributes
    for base in kind.__mro__:
        if (place := _BY_NAME.get(full_name(base))) is not None:
            reduce: Reducer = getattr(importlib.import_module(f"{__package__}.{place[0]}"), place[1])
            return reduce
    return None
