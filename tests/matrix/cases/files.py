"""Files, open and closed, and what stands for them."""

from __future__ import annotations

from tests.matrix.case import EITHER, SKIPPED, Case

CASES = (
    Case(
        "a file open for reading goes on at its position",
        make=r"""
        with open("lines.txt", "w") as sink: sink.write("one\ntwo\nthree\n")
        reading = open("lines.txt", encoding="utf-8")
        reading.readline()
        """,
        check="assert reading.readline() == 'two\\n' and reading.name.endswith('lines.txt') and reading.mode == 'r'",
    ),
    Case(
        "a file that is iterated over goes on with the next line, or is named",
        make=r"""
        with open("iterated.txt", "w") as iterated_sink: iterated_sink.write("a\nb\nc\n")
        iterating = open("iterated.txt")
        next(iterating)
        """,
        check=r"""
        if "iterating" in globals():
            assert list(iterating) == ["b\n", "c\n"]
        """,
        expected={"iterating": EITHER},
        reasons={"iterating": "iterated.txt"},
    ),
    Case(
        "a file open for appending appends, and what was written before is all there",
        make=r"""
        appending = open("log.txt", "a")
        appending.write("before\n")
        """,
        check=r"""
        appending.write("after\n")
        appending.close()
        assert open("log.txt").read() == "before\nafter\n"
        """,
    ),
    Case(
        "a file open for writing is not emptied by the move",
        make=r"""
        writing = open("out.txt", "w")
        writing.write("first\n")
        """,
        check=r"""
        if "writing" in globals():
            writing.write("second\n")
            writing.close()
        assert open("out.txt").read().startswith("first\n")
        assert "writing" not in globals() or open("out.txt").read() == "first\nsecond\n"
        """,
    ),
    Case(
        "a binary file open for update keeps position, and is one object in two places",
        make=r"""
        from pathlib import Path
        Path("data.bin").write_bytes(bytes(range(10)))
        updating = open("data.bin", "r+b")
        updating.seek(4)
        file_box = {"same": updating}
        """,
        check=r"""
        assert file_box["same"] is updating and updating.tell() == 4
        updating.write(b"\xff")
        updating.flush()
        assert Path("data.bin").read_bytes() == bytes([0, 1, 2, 3, 255, 5, 6, 7, 8, 9])
        """,
    ),
    Case(
        "a closed file is a closed file",
        make=r"""
        with open("closed.txt", "w") as closed_file: closed_file.write("x")
        """,
        check="assert closed_file.closed and closed_file.name == 'closed.txt' and open('closed.txt').read() == 'x'",
    ),
    Case(
        "a file whose file was deleted is the same open file again, or named",
        make=r"""
        import os
        doomed = open("doomed.txt", "w+")
        doomed.write("unreachable")
        doomed.flush()
        os.remove("doomed.txt")
        """,
        check=r"""
        assert not os.path.exists("doomed.txt")
        if "doomed" in globals():
            doomed.seek(0)
            assert doomed.read() == "unreachable"
        """,
        expected={"doomed": EITHER},
        reasons={"doomed": "doomed.txt"},
    ),
    Case(
        "an object that holds an open file far inside is whole, or named down to the file",
        make=r"""
        class Journal:
            def __init__(self, path): self.path, self.sinks = path, {"main": open(path, "a")}
            def note(self, line): print(line, file=self.sinks["main"], flush=True)
        journal_of_file = Journal("journal.txt")
        journal_of_file.note("one")
        """,
        check=r"""
        if "journal_of_file" in globals():
            journal_of_file.note("two")
        assert open("journal.txt").read() in ("one\ntwo\n", "one\n")
        """,
        expected={"journal_of_file": EITHER},
        reasons={"journal_of_file": "sinks"},
    ),
    Case(
        "streams in memory keep content and position",
        make=r"""
        import io
        text_stream, byte_stream = io.StringIO("first\nsecond\n"), io.BytesIO()
        text_stream.readline()
        byte_stream.write(b"abc"); byte_stream.seek(1)
        closed_stream = io.StringIO("gone"); closed_stream.close()
        """,
        check=r"""
        assert text_stream.read() == "second\n" and byte_stream.read() == b"bc" and byte_stream.getvalue() == b"abc"
        assert "closed_stream" not in globals() or closed_stream.closed
        """,
        expected={"closed_stream": EITHER},
    ),
    Case(
        "text over bytes in memory, and a csv writer on it, go on together",
        make=r"""
        import csv, io
        csv_text = io.StringIO()
        csv_writer = csv.writer(csv_text, delimiter=";")
        csv_writer.writerow([1, "a"])
        csv_reader = csv.DictReader(io.StringIO("k;v\n1;2\n3;4\n"), delimiter=";")
        next(csv_reader)
        """,
        check=r"""
        csv_writer.writerow([2, "b"])
        assert csv_text.getvalue() == "1;a\r\n2;b\r\n" and next(csv_reader) == {"k": "3", "v": "4"}
        """,
    ),
    Case(
        "paths of all kinds are equal, and relative ones stay relative",
        make=r"""
        import pathlib
        relative, pure = pathlib.Path("a") / "b.txt", pathlib.PureWindowsPath(r"C:\x\y")
        class OwnPath(type(pathlib.Path())): note = "n"
        own_path = OwnPath("a/c")
        """,
        check=r"""
        assert relative == pathlib.Path("a/b.txt") and not relative.is_absolute() and pure.drive == "C:"
        assert type(own_path) is OwnPath and own_path.name == "c" and own_path.note == "n"
        """,
    ),
    Case(
        "a temporary file or folder is usable, or named",
        make=r"""
        import tempfile
        temp_dir = tempfile.TemporaryDirectory()
        temp_file = tempfile.NamedTemporaryFile("w+")
        temp_file.write("temp"); temp_file.flush()
        temp_spooled = tempfile.SpooledTemporaryFile(max_size=1000)
        """,
        check=r"""
        import os
        assert "temp_dir" not in globals() or os.path.isdir(temp_dir.name)
        assert "temp_file" not in globals() or (temp_file.seek(0), temp_file.read())[1] == "temp"
        """,
        expected=dict.fromkeys(("temp_dir", "temp_file", "temp_spooled"), EITHER),
    ),
    Case(
        "a memory-mapped file shows the file, or is named",
        make=r"""
        import mmap
        with open("mapped.bin", "wb") as mapped_sink: mapped_sink.write(b"abcdef")
        with open("mapped.bin", "r+b") as mapped_source: mapped = mmap.mmap(mapped_source.fileno(), 0)
        mapped[0:1] = b"A"
        """,
        check=r"""
        assert "mapped" not in globals() or mapped[:3] == b"Abc"
        assert open("mapped.bin", "rb").read() in (b"Abcdef", b"abcdef")
        """,
        expected={"mapped": SKIPPED},
        reasons={"mapped": "mmap"},
    ),
    Case(
        "archives that are open and a compressed file are named, not broken",
        make=r"""
        import gzip, io, zipfile
        archive_bytes = io.BytesIO()
        archive = zipfile.ZipFile(archive_bytes, "w")
        archive.writestr("a.txt", "content")
        gzip_file = gzip.open("z.gz", "wb")
        gzip_file.write(b"zipped")
        """,
        check=r"""
        if "archive" in globals():
            archive.writestr("b.txt", "more")
            archive.close()
            assert zipfile.ZipFile(archive_bytes).namelist() == ["a.txt", "b.txt"]
        """,
        expected=dict.fromkeys(("archive", "gzip_file", "archive_bytes"), EITHER),
    ),
    Case(
        "standard streams held by the user's objects are those of the new kernel",
        make=r"""
        import sys
        class Printer:
            def __init__(self, out=sys.stdout): self.out = out
            def say(self, text): print(text, file=self.out)
        printer, error_stream = Printer(), sys.stderr
        """,
        check=r"""
        assert printer.out is sys.stdout and error_stream is sys.stderr
        printer.say("heard")
        """,
    ),
)
