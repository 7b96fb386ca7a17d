"""Modules, code, frames, signatures, C structures: what looks at the language from within it."""

from __future__ import annotations

from tests.matrix.case import EITHER, SKIPPED, Case

CASES = (
    Case(
        "modules, their aliases, submodules and single names taken from them are the imported ones",
        make=r"""
        import json as js, os.path as osp, xml.dom.minidom
        import concurrent.futures
        from collections import abc as col_abc
        from math import pi as circle, sin
        from json.decoder import JSONDecoder
        module_table = {"json": js, "xml": xml}
        """,
        check=r"""
        import json, math, posixpath, sys
        assert js is json is module_table["json"] and osp is posixpath and col_abc is sys.modules["collections.abc"]
        assert circle == math.pi and sin is math.sin and JSONDecoder is json.JSONDecoder
        assert xml.dom.minidom.parseString("<a/>").documentElement.tagName == "a" and concurrent.futures.Future
        """,
    ),
    Case(
        "a module of the user's own folder is imported again, and its classes are those of the moved objects",
        make=r"""
        import pathlib
        pathlib.Path("ownmod.py").write_text("LIMIT = 1\nclass Thing: pass\ndef limit(): return LIMIT\n")
        import ownmod
        own_thing = ownmod.Thing()
        own_limit = ownmod.limit
        """,
        check="assert type(own_thing) is ownmod.Thing and own_limit is ownmod.limit and own_limit() == 1",
    ),
    Case(
        "a syntax tree, a code object and a compiled expression run as before",
        make=r"""
        import ast
        syntax_tree = ast.parse("a + 1", mode="eval")
        code_object = compile(syntax_tree, "<mine>", "eval")
        function_code = (lambda x: x * 2).__code__
        """,
        check=r"""
        import types
        assert eval(code_object, {"a": 2}) == 3 and ast.unparse(syntax_tree) == "a + 1"
        assert types.FunctionType(function_code, {})(4) == 8 and code_object.co_filename == "<mine>"
        """,
    ),
    Case(
        "a frame, and a traceback by itself, are named and spoil nothing",
        make=r"""
        # ferry: never-replay
        import sys
        frame_object, traceback_object = sys._getframe(), None
        try: 1 / 0
        except ZeroDivisionError: traceback_object = sys.exc_info()[2]
        beside_frame = [1]
        """,
        check="assert beside_frame == [1]",
        expected={"frame_object": SKIPPED, "traceback_object": EITHER},
        reasons={"frame_object": "frame", "traceback_object": "traceback"},
    ),
    Case(
        "signatures and parameters refer to the moved classes",
        make=r"""
        import inspect
        class Unit: pass
        def measured(a: Unit, *, b: int = 3) -> list[Unit]: return [a]
        signature = inspect.signature(measured)
        bound_arguments = signature.bind(Unit(), b=4)
        """,
        check=r"""
        assert signature.parameters["a"].annotation is Unit and signature == inspect.signature(measured)
        assert bound_arguments.arguments["b"] == 4 and type(bound_arguments.args[0]) is Unit
        assert signature.parameters["b"].kind is inspect.Parameter.KEYWORD_ONLY
        assert signature.return_annotation.__args__[0] is Unit
        assert signature.parameters["a"].default is inspect.Parameter.empty
        """,
    ),
    Case(
        "ctypes structures and arrays keep their bytes, pointers are named or right",
        make=r"""
        import ctypes
        class CPoint(ctypes.Structure):
            _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]
        c_point, c_array = CPoint(3, 4.5), (ctypes.c_int * 3)(1, 2, 3)
        c_value = ctypes.c_long(7)
        """,
        check=r"""
        assert (c_point.x, c_point.y) == (3, 4.5) and list(c_array) == [1, 2, 3] and c_value.value == 7
        assert type(c_point) is CPoint and ctypes.sizeof(CPoint) == 16
        """,
    ),
    Case(
        "a pointer and a loaded library are not passed off as moved",
        make=r"""
        # ferry: never-replay
        import ctypes
        pointed = ctypes.c_int(5)
        pointer = ctypes.pointer(pointed)
        library = ctypes.CDLL(None)
        c_callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x + 1)
        beside_pointer = "fine"
        """,
        check="assert beside_pointer == 'fine'",
        expected={"pointer": SKIPPED, "library": SKIPPED, "c_callback": SKIPPED, "pointed": EITHER},
        reasons={"pointer": "pointer", "library": "library", "c_callback": "c_callback"},
        limit="the class of a loaded library cannot be made again, and the reason names that class",
    ),
    Case(
        "loggers are the library's, with the user's handlers, filters and formatters",
        make=r"""
        import io, logging
        log_text = io.StringIO()
        class OnlyShort(logging.Filter):
            def filter(self, record): return len(record.getMessage()) < 10
        log_handler = logging.StreamHandler(log_text)
        log_handler.setFormatter(logging.Formatter("{levelname}|{message}", style="{"))
        log_handler.addFilter(OnlyShort())
        own_logger = logging.getLogger("matrix.own")
        own_logger.setLevel(logging.DEBUG); own_logger.propagate = False
        own_logger.addHandler(log_handler)
        own_logger.debug("before")
        log_adapter = logging.LoggerAdapter(own_logger, {"user": "u"})
        """,
        check=r"""
        own_logger.debug("after"); own_logger.debug("much too long a message")
        log_adapter.info("adapted")
        assert logging.getLogger("matrix.own") is own_logger and own_logger.handlers == [log_handler]
        assert log_text.getvalue() == "DEBUG|before\nDEBUG|after\nINFO|adapted\n"
        """,
    ),
    Case(
        "a log record and a queue handler hold what they held",
        make=r"""
        import logging, logging.handlers, queue
        record_queue = queue.SimpleQueue()
        memory_handler = logging.handlers.BufferingHandler(10)
        memory_handler.emit(logging.makeLogRecord({"msg": "kept %s", "args": ("x",), "extra_field": [1]}))
        """,
        check=r"""
        assert memory_handler.buffer[0].getMessage() == 'kept x'
        assert memory_handler.buffer[0].extra_field == [1]
        """,
    ),
    Case(
        "a mock with a spec remembers its calls",
        make=r"""
        from unittest import mock
        class Api:
            def call(self, x): return x
        api_mock = mock.create_autospec(Api, instance=True)
        api_mock.call.return_value = 5
        api_mock.call(1)
        """,
        check=r"""
        if "api_mock" in globals():
            assert api_mock.call(2) == 5 and api_mock.call.call_args_list == [mock.call(1), mock.call(2)]
            assert isinstance(api_mock, Api)
        """,
        limit="a mock makes a class for each instance, which loses its spec",
    ),
    Case(
        "a profiler, a timer and a trace of time are usable or named",
        make=r"""
        import cProfile, timeit
        profiler = cProfile.Profile()
        timer = timeit.Timer("x + 1", "x = 1")
        """,
        check=r"""
        assert "timer" not in globals() or timer.timeit(10) >= 0
        if "profiler" in globals():
            assert profiler.runcall(len, "abc") == 3
        """,
        expected={"profiler": EITHER, "timer": EITHER},
    ),
    Case(
        "an interpreter object, a code shell and a pretty printer of the library are usable or named",
        make=r"""
        import code, pprint, textwrap, types
        interpreter_locals = {"a": 1}
        interpreter = code.InteractiveInterpreter(interpreter_locals)
        interpreter.runsource("b = a + 1")
        wrapper = textwrap.TextWrapper(width=9)
        printer_to_nothing = pprint.PrettyPrinter(width=5)
        generic_function = types.FunctionType((lambda: zz).__code__, {"zz": 8})
        """,
        check=r"""
        assert interpreter_locals["b"] == 2
        assert wrapper.wrap("aaa bbb ccc") == ["aaa bbb", "ccc"] and generic_function() == 8
        if "interpreter" in globals():
            interpreter.runsource("c = b + 1")
            assert interpreter.locals is interpreter_locals and interpreter_locals["c"] == 3
        """,
        expected=dict.fromkeys(("interpreter", "interpreter_locals", "printer_to_nothing"), EITHER),
    ),
)
