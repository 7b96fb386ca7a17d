"""Exceptions, and what hangs on them."""

from __future__ import annotations

from tests.matrix.case import Case

CASES = (
    Case(
        "an exception keeps cause, context, notes and the suppress flag",
        make=r"""
        class Failure(Exception):
            def __init__(self, code, detail):
                super().__init__(code, detail)
                self.detail = detail
        cause, context_error = KeyError("cause"), OSError(2, "context", "file.txt")
        failure = Failure(3, {"a": 1})
        failure.__cause__, failure.__context__ = cause, context_error
        failure.add_note("a note")
        """,
        check=r"""
        assert failure.__cause__ is cause and failure.__context__ is context_error and failure.__suppress_context__
        assert failure.args == (3, {"a": 1}) and failure.detail is failure.args[1] and failure.__notes__ == ["a note"]
        assert context_error.filename == "file.txt" and context_error.errno == 2
        assert type(context_error) is FileNotFoundError
        """,
    ),
    Case(
        "an exception that was caught can be raised again, chain included",
        make=r"""
        caught = None
        def inner_fails(): return {}["missing"]
        def outer_fails():
            try:
                inner_fails()
            except KeyError as error:
                raise ValueError("outer") from error
        try:
            outer_fails()
        except ValueError as error:
            caught = error
        """,
        check=r"""
        try:
            raise caught
        except ValueError as again:
            assert again is caught and str(again) == "outer" and again.__cause__.args == ("missing",)
        """,
    ),
    Case(
        "the traceback of a caught exception is kept as far as it can be shown",
        make=r"""
        traced = None
        def deep_fault(depth): return deep_fault(depth - 1) if depth else 1 / 0
        try:
            deep_fault(3)
        except ZeroDivisionError as error:
            traced = error
        """,
        check=r"""
        import traceback
        assert type(traced) is ZeroDivisionError and str(traced) == "division by zero"
        shown = "".join(traceback.format_exception(traced))
        assert shown.count("deep_fault") >= 4 or traced.__traceback__ is None
        """,
    ),
    Case(
        "an exception group keeps its tree and can be split",
        make=r"""
        class OwnGroup(ExceptionGroup):
            def derive(self, excs): return OwnGroup(self.message, excs)
        value_error = ValueError("v")
        error_group = OwnGroup("all", [value_error, ExceptionGroup("sub", [TypeError("t"), OSError(5, "o")])])
        error_group.add_note("grouped")
        """,
        check=r"""
        matching, rest = error_group.split(ValueError)
        assert matching.exceptions[0] is value_error and type(rest) is OwnGroup and rest.message == "all"
        assert [type(e).__name__ for e in rest.exceptions[0].exceptions] == ["TypeError", "OSError"]
        assert error_group.__notes__ == ["grouped"] and error_group.exceptions[0] is value_error
        """,
    ),
    Case(
        "exceptions with state of the interpreter keep it",
        make=r"""
        stop, exiting, importing = StopIteration(5), SystemExit(3), ImportError("m", name="n")
        attribute = AttributeError("a", name="attr", obj={"k": 1})
        try: compile("a b", "file.py", "exec")
        except SyntaxError as error: syntax = error
        try: b"\xff".decode()
        except UnicodeDecodeError as error: decode = error
        """,
        check=r"""
        assert (syntax.filename, syntax.lineno, syntax.text.strip()) == ("file.py", 1, "a b")
        assert (decode.object, decode.start, decode.reason) == (b"\xff", 0, "invalid start byte")
        assert stop.value == 5 and exiting.code == 3 and importing.name == "n" and str(attribute) == "a"
        assert attribute.name in ("attr", None)
        """,
    ),
    Case(
        "an exception whose arguments hold itself, and one with slots, survive",
        make=r"""
        loop_error = RuntimeError()
        loop_error.args = ([loop_error],)
        class SlotError(Exception):
            __slots__ = ("code",)
            def __init__(self, code): self.code = code
        slot_error = SlotError(9)
        """,
        check="assert loop_error.args[0][0] is loop_error and type(slot_error) is SlotError and slot_error.code == 9",
    ),
    Case(
        "exception classes catch the moved exceptions, also by a tuple that was kept",
        make=r"""
        class BaseProblem(Exception): pass
        class SubProblem(BaseProblem): code = 1
        retryable = (SubProblem, TimeoutError)
        sub_problem = SubProblem("x")
        """,
        check=r"""
        try:
            raise sub_problem
        except retryable as got:
            assert got is sub_problem and isinstance(got, BaseProblem) and got.code == 1
        """,
    ),
    Case(
        "warnings kept in a list are warnings of the user's own class",
        make=r"""
        import warnings
        class OwnWarning(UserWarning): pass
        with warnings.catch_warnings(record=True) as recorded:
            warnings.simplefilter("always")
            warnings.warn("careful", OwnWarning)
        """,
        check="assert recorded[0].category is OwnWarning and str(recorded[0].message) == 'careful'",
    ),
    Case(
        "state that a failing cell left behind is there, and what it did not reach is not",
        make=r"""
        steps_done = []
        # %%
        # fails
        steps_done.append("one")
        partial_result = {"half": steps_done}
        raise RuntimeError("on purpose")
        never_reached = 1
        """,
        check="assert partial_result['half'] is steps_done == ['one'] and 'never_reached' not in globals()",
    ),
)
