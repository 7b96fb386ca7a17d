"""Options of libraries: how numbers are shown, what is computed how.

Each library is compared with its own defaults, which it knows itself or which have been the same for years. So it does
not matter when it was imported. A library that is not here keeps its options in variables or in the environment, or
nobody has taught us yet: one function that makes a `Settings` is all it takes.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from collections.abc import Mapping
from typing import Any

from kernelferry.objects.process.settings import Settings


def pandas() -> Settings:
    """`pandas.set_option`, all of it."""

    def read() -> dict[str, object]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some options say that they will go away
            return {key: sys.modules["pandas"].get_option(key) for key in _registered()}

    def defaults() -> dict[str, object]:
        return {key: option.defval for key, option in _registered().items()}

    def write(key: str, value: object) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module("pandas").set_option(key, value)

    return Settings("pandas", read, write, defaults, library="pandas", watched=False)


def numpy() -> Settings:
    """How numpy prints, and what it does about errors in computations."""
    printing = {
        "edgeitems": 3,
        "threshold": 1000,
        "floatmode": "maxprec",
        "precision": 8,
        "suppress": False,
        "linewidth": 75,
        "nanstr": "nan",
        "infstr": "inf",
        "sign": "-",
        "formatter": None,
        "legacy": False,
        "override_repr": None,
    }
    errors = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}

    def read() -> dict[str, object]:
        module = sys.modules["numpy"]
        return {
            **module.get_printoptions(),
            **module.geterr(),
            "buffer size": module.getbufsize(),
            "error callback": module.geterrcall(),
        }

    def defaults() -> dict[str, object]:
        return {**printing, **errors, "buffer size": 8192, "error callback": None}

    def write(key: str, value: Any) -> None:  # each has its own type
        module = importlib.import_module("numpy")
        if key == "buffer size":
            module.setbufsize(value)
        elif key == "error callback":
            module.seterrcall(value)
        elif key in errors:
            module.seterr(**{key: value})
        else:
            # Two of them are reset by every call that does not name them.
            now = module.get_printoptions()
            volatile = {name: now[name] for name in ("formatter", "override_repr") if now.get(name) is not None}
            module.set_printoptions(**{**volatile, key: value})

    return Settings("numpy", read, write, defaults, library="numpy", watched=False)


def sklearn() -> Settings:
    """`sklearn.set_config`."""

    def read() -> dict[str, object]:
        return dict(sys.modules["sklearn"].get_config())

    def defaults() -> dict[str, object]:
        # What each new thread begins with, and `set_config` does not touch.
        return dict(getattr(sys.modules.get("sklearn._config"), "_global_config", {}))

    def write(key: str, value: object) -> None:
        importlib.import_module("sklearn").set_config(**{key: value})

    return Settings("sklearn", read, write, defaults, library="sklearn", watched=False)


def polars() -> Settings:
    """`polars.Config`, what is kept in the environment and what is not."""
    direct = {
        "set_fmt_float": "mixed",
        "set_float_precision": None,
        "set_thousands_separator": "",
        "set_decimal_separator": ".",
        "set_trim_decimal_zeros": False,
    }

    def read() -> dict[str, object]:
        state = json.loads(sys.modules["polars"].Config.save())
        # The values that have not been set are None, and so is the default of most.
        return {**state.get("direct", {}), **state.get("environment", {})}

    def defaults() -> dict[str, object]:
        return {**{key: None for key in read() if key not in direct}, **direct}

    def write(key: str, value: object) -> None:
        part = "direct" if key.startswith("set_") else "environment"
        state: dict[str, dict[str, object]] = {"environment": {}, "direct": {}}
        state[part][key] = value
        importlib.import_module("polars").Config.load(json.dumps(state))

    return Settings("polars", read, write, defaults, library="polars", watched=False)


def torch() -> Settings:
    """What torch computes with by default, and how it prints."""
    usual: dict[str, Any] = {
        "default dtype": "float32",
        "default device": "cpu",
        "gradients": True,
        "deterministic algorithms": (False, False),
        "float32 matmul precision": "highest",
        "cudnn": (False, False),
        "printing": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None},
    }

    def read() -> dict[str, object]:
        module = sys.modules["torch"]
        cudnn = module.backends.cudnn
        strict, warn_only = (
            module.are_deterministic_algorithms_enabled,
            module.is_deterministic_algorithms_warn_only_enabled,
        )
        return {
            "default dtype": str(module.get_default_dtype()).removeprefix("torch."),
            "default device": str(module.get_default_device()) if hasattr(module, "get_default_device") else "cpu",
            "gradients": module.is_grad_enabled(),
            "deterministic algorithms": (strict(), warn_only()),
            "float32 matmul precision": module.get_float32_matmul_precision(),
            "cudnn": (cudnn.benchmark, cudnn.deterministic),
            "printing": {key: getattr(sys.modules["torch._tensor_str"].PRINT_OPTS, key) for key in usual["printing"]},
        }

    return Settings("torch", read, _write_torch, lambda: usual, library="torch", watched=False)


def plotly() -> Settings:
    """The default template and renderer of `plotly.io`."""

    def read() -> dict[str, object]:
        module = sys.modules["plotly.io"]
        return {"template": module.templates.default, "renderer": module.renderers.default}

    def defaults() -> dict[str, object]:
        # The renderer depends on where plotly finds itself, and that is the same place afterwards.
        return {"template": "plotly"}

    def write(key: str, value: object) -> None:
        module = importlib.import_module("plotly.io")
        owner = module.templates if key == "template" else module.renderers
        if owner.default != value:
            owner.default = value

    return Settings("plotly", read, write, defaults, library="plotly.io")


def altair() -> Settings:
    """Which data transformer, renderer and theme of altair are enabled, with their options."""
    # The theme has moved from `themes` to `theme` in altair 5.5.
    registries = ("data_transformers", "renderers", "theme", "themes")

    def read() -> dict[str, object]:
        module = sys.modules["altair"]
        # In the dictionary, and not by attribute: asking for the old name warns.
        found = {key: vars(module)[key] for key in registries if key in vars(module)}
        return {key: (each.active, dict(each.options)) for key, each in found.items()}

    def write(key: str, value: tuple[str, dict[str, object]]) -> None:
        registry = getattr(importlib.import_module("altair"), key)
        registry.enable(value[0], **value[1])

    def defaults() -> dict[str, object]:
        return dict.fromkeys(registries, ("default", {}))

    return Settings("altair", read, write, defaults, library="altair", watched=False)


def _registered() -> Mapping[str, Any]:
    options: Mapping[str, Any] = sys.modules["pandas._config.config"]._registered_options  # noqa: SLF001
    return options


def _write_torch(key: str, value: Any) -> None:  # each has its own type
    torch = importlib.import_module("torch")
    if key == "default dtype":
        torch.set_default_dtype(getattr(torch, value))
    elif key == "default device":
        torch.set_default_device(value)
    elif key == "gradients":
        torch.set_grad_enabled(value)
    elif key == "deterministic algorithms":
        torch.use_deterministic_algorithms(value[0], warn_only=value[1])
    elif key == "float32 matmul precision":
        torch.set_float32_matmul_precision(value)
    elif key == "cudnn":
        torch.backends.cudnn.benchmark, torch.backends.cudnn.deterministic = value
    else:
        for name, setting in value.items():
            setattr(importlib.import_module("torch._tensor_str").PRINT_OPTS, name, setting)
