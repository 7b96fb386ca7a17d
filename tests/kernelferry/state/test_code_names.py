"""What compiled code says of itself is read as the standard library's disassembler reads it, only faster."""

from __future__ import annotations

import dis
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernelferry.state import code_names, names, reach
from kernelferry.state.code_names import GlobalNames, global_names_of_code

MANY = "\n".join(f"name_{number} = other_{number}" for number in range(600))  # arguments beyond one byte


def _all_code(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for inner in code_names.nested_code(code):
        yield from _all_code(inner)


@pytest.mark.parametrize("module", [code_names, names, reach, dis, types])
def test_names_are_those_of_the_disassembler(module: types.ModuleType) -> None:
    source = Path(module.__file__ or "").read_text(encoding="utf-8")
    for code in _all_code(compile(source + "\n" + MANY, "file", "exec")):
        found = code_names.direct_names(code, top_level=True)
        by_name = {kind: set[str]() for kind in ("LOAD", "STORE", "DELETE")}
        for instruction in dis.get_instructions(code):
            kind, _, where = instruction.opname.partition("_")
            if kind in by_name and where in {"NAME", "GLOBAL", "FROM_DICT_OR_GLOBALS"}:
                by_name[kind].add(instruction.argval)
        assert found.reads == by_name["LOAD"] | by_name["DELETE"]
        assert found.binds == by_name["STORE"]
        assert found.deletes == by_name["DELETE"]


def _function(source: str) -> types.CodeType:
    return next(code_names.nested_code(compile(source, "cell", "exec")))


def test_nested_functions_count_as_if_they_ran() -> None:
    source = (
        "def f():\n    global z\n    z = a\n    def g():\n        return [b for _ in c]\n    class K:\n        d = e\n"
    )
    found = global_names_of_code(_function(source))
    assert {"a", "b", "c", "e"} <= found.reads
    assert found.binds == {"z"}


def test_locals_parameters_and_closures_are_no_globals() -> None:
    found = global_names_of_code(_function("def f(a):\n    b = a\n    def g(): return a + b\n    return g"))
    assert found == GlobalNames()


@pytest.mark.parametrize(
    "body",
    [
        "exec('')",
        "eval('')",
        "globals()",
        "f.__globals__",
        "import __main__",
        "sys.modules['__main__']",
        "get_ipython()",
    ],
)
def test_doors_to_all_names_are_seen_in_compiled_code(body: str) -> None:
    assert global_names_of_code(_function(f"def f():\n    def g():\n        {body}")).opaque


@pytest.mark.parametrize("body", ["locals()", "vars(x)", "__name__ == '__main__'"])
def test_what_is_harmless_in_a_function_is_not_opaque(body: str) -> None:
    assert not global_names_of_code(_function(f"def f(x): {body}")).opaque
