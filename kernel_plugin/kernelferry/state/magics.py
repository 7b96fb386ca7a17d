"""What IPython's magics and shell commands do to names.

After IPython's transformation a magic is a call such as `get_ipython().run_line_magic('cd', 'data')`, always with
constant arguments. A magic that is not in the tables below may do anything, so the cell that uses it is opaque. What
a known magic does besides to files or processes, the audit events show; here it is only about names.

`$name` and `{expression}` in the line of a magic, or in a shell command, are filled in by the shell. Every identifier
in such a line counts as read.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field

from kernelferry.state.code_names import OPAQUE_BUILTINS, GlobalNames

# They run the code that they are given, in the notebook's namespace.
_RUNS_STATEMENT = {"time", "prun", "memit"}
_RUNS_BODY = {"time", "prun", "capture", "memit"}
# The same, but as the body of a function: what it assigns are that function's locals.
_RUNS_AS_FUNCTION = {"timeit"}
# They show things, or change settings of the shell and the process that are not names.
_INERT_LINE = {
    "alias", "alias_magic", "autoawait", "automagic", "autosave", "bookmark", "cat",
    "cd", "clear", "colors", "conda", "config", "connect_info",
    "cp", "dhist", "dirs", "doctest_mode", "env", "ferry", "gui", "hist", "history", "ldir", "less", "lf", "lk", "ll",
    "load_ext", "logoff", "logon", "logstart", "logstate", "logstop", "ls", "lsmagic", "lx", "magic", "man",
    "matplotlib", "micromamba", "mamba", "mkdir", "more", "mv", "notebook", "page", "pdef", "pdoc", "pfile", "pinfo",
    "pinfo2", "pip", "popd", "pprint", "precision", "psearch", "psource", "pushd", "pwd", "pycat", "quickref",
    "rehashx", "reload_ext", "rm", "rmdir", "save", "set_env", "subplots", "sx", "system", "tb", "unalias",
    "unload_ext", "uv", "who", "who_ls", "whos", "xmode",
}  # fmt: skip
_INERT_CELL = {
    "!", "HTML", "SVG", "bash", "file", "html", "javascript", "js", "latex", "markdown", "perl", "pypy", "python2",
    "python3", "ruby", "script", "sh", "svg", "sx", "system", "writefile",
}  # fmt: skip
# They look the names in their line up themselves.
_READS_LINE = {"pinfo", "pinfo2", "pdef", "pdoc", "pfile", "psource", "ferry"}
# `%%bash --out lines` and its like bind the names that they are given. %%capture takes its name bare.
_BINDING_OPTION = re.compile(r"--(?:out|err|proc)[ =]+([^\W\d]\w*)")
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_TIMEIT_OPTIONS = re.compile(r"^(?:\s*-(?:[nrp]\s*\d+|[tcqov]+)(?=\s|$))*\s*")
_PRUN_OPTIONS = re.compile(r"^(?:\s*-(?:[lsTD]\s*\S+|[rq]+)(?=\s|$))*\s*")


@dataclass(slots=True)
class MagicUse:
    """One magic or shell command in a cell: what it touches itself, and the code that is still to be looked at."""

    name: str
    names: GlobalNames = field(default_factory=GlobalNames)
    code: tuple[str, ...] = ()
    code_binds: bool = True


def magic_of_call(call: ast.Call) -> MagicUse | None:
    """Recognise what IPython's transformation has made of a magic, `!command`, `!!command` or `name?`."""
    match call:
        case ast.Call(
            func=ast.Attribute(value=ast.Call(func=ast.Name(id="get_ipython"), args=[], keywords=[]), attr=method),
            args=args,
            keywords=[],
        ):
            texts = [arg.value for arg in args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            return _magic(method, texts) if len(texts) == len(args) else None
        case _:
            return None


def _magic(method: str, args: list[str]) -> MagicUse | None:
    match method, args:
        case (("system" | "getoutput" | "getoutput_pty"), [command]):
            return MagicUse("!", _interpolated(command))
        case "run_line_magic", [name, line]:
            return _line_magic(name, line)
        case "run_cell_magic", [name, line, body]:
            return _cell_magic(name, line, body)
        case "set_next_input", [_]:
            return MagicUse("set_next_input")
        case _:
            return None


def _line_magic(name: str, line: str) -> MagicUse:
    shown = f"%{name}"
    if name in _RUNS_AS_FUNCTION:
        return MagicUse(shown, code=(_TIMEIT_OPTIONS.sub("", line),), code_binds=False)
    if name in _RUNS_STATEMENT:
        return MagicUse(shown, _interpolated(line), (_without_options(name, line),))
    if name in _READS_LINE:
        return MagicUse(shown, GlobalNames(reads=frozenset(_IDENTIFIER.findall(line))))
    if name in _INERT_LINE:
        return MagicUse(shown, _interpolated(line))
    return MagicUse(shown, _unknown(shown))


def _cell_magic(name: str, line: str, body: str) -> MagicUse:
    shown = f"%%{name}"
    if name in _RUNS_AS_FUNCTION:
        # What stands in the line is the set-up: it runs first, in the same function.
        return MagicUse(shown, code=(f"{_TIMEIT_OPTIONS.sub('', line)}\n{body}",), code_binds=False)
    if name == "capture":
        output = frozenset(word for word in line.split() if word.isidentifier())
        return MagicUse(shown, _interpolated(line) | GlobalNames(binds=output), (body,))
    if name in _RUNS_BODY:
        return MagicUse(shown, _interpolated(line), (_without_options(name, line), body))
    if name in _INERT_CELL:
        output = frozenset(_BINDING_OPTION.findall(line))
        # The shell fills in the body of `%%!` and `%%sx` as well; for the others it is harmless to assume it.
        return MagicUse(shown, _interpolated(line) | _interpolated(body) | GlobalNames(binds=output))
    return MagicUse(shown, _unknown(shown))


def _without_options(name: str, line: str) -> str:
    if name == "prun":
        return _PRUN_OPTIONS.sub("", line)
    return re.sub(r"^(?:\s*--?[a-z][\w-]*(?=\s|$))*\s*", "", line)


def _interpolated(text: str) -> GlobalNames:
    if "$" not in text and "{" not in text:
        return GlobalNames()
    reads = frozenset(_IDENTIFIER.findall(text))
    return GlobalNames(reads=reads, opaque=tuple(OPAQUE_BUILTINS[name] for name in sorted(reads & _EVALUATED)))


# In a line that the shell fills in, these could stand in braces.
_EVALUATED = OPAQUE_BUILTINS.keys() - {"breakpoint"}


def _unknown(shown: str) -> GlobalNames:
    return GlobalNames(opaque=(f"uses {shown}, which may do anything",))
