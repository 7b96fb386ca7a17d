"""Plain values: numbers, texts, times, patterns, and their identities."""

from __future__ import annotations

from tests.matrix.case import SKIPPED, Case

CASES = (
    Case(
        "numbers at the edges keep sign, identity and every digit",
        make=r"""
        nan = float("nan")
        nan_list, nan_dict = [nan, float("nan")], {nan: "n"}
        negative_zero, infinite, tiny = -0.0, float("-inf"), 5e-324
        complex_edge, googol = complex(-0.0, float("nan")), 10 ** 10000 + 7
        """,
        check=r"""
        import math
        assert nan != nan and nan_list[0] is nan and nan in nan_list and nan_list[1] is not nan
        assert [k for k in nan_dict][0] is nan and nan_dict[nan] == "n"
        assert math.copysign(1, negative_zero) == -1 and infinite == -math.inf and tiny == 5e-324 and tiny > 0
        assert math.copysign(1, complex_edge.real) == -1 and math.isnan(complex_edge.imag)
        assert googol % 1000 == 7 and googol.bit_length() == 33220
        """,
        limit="inside of containers, numbers and nan do not keep their identity",
    ),
    Case(
        "constants of the language are themselves",
        make=r"""
        dots, not_implemented, nothing_at_all, true_one = ..., NotImplemented, None, True
        none_type, ellipsis_type, type_of_type = type(None), type(...), type
        constants = {None: ..., True: NotImplemented, type(NotImplemented): type}
        """,
        check=r"""
        assert dots is ... and not_implemented is NotImplemented and nothing_at_all is None and true_one is True
        assert constants[None] is ... and constants[type(NotImplemented)] is type and none_type() is None
        assert ellipsis_type is type(...) and type_of_type is type
        """,
    ),
    Case(
        "texts of every kind are equal, and interned ones still are one object",
        make=r"""
        import sys
        surrogate, astral, null = "\ud800", "😀é", "a\0b"
        interned = sys.intern("two words " + str(1))
        interned_twin = [interned]
        long_text = "x" * 100_000
        """,
        check=r"""
        assert surrogate == "\ud800" and astral == "😀é" and null == "a\0b" and interned_twin[0] is interned
        assert len(long_text) == 100_000 and interned == sys.intern("two words 1")
        """,
        limit="inside of containers, texts of different variables do not keep their identity",
    ),
    Case(
        "ranges, slices and bytes, also very large, are equal and hash as before",
        make=r"""
        big_range, cut, cuts = range(0, 10 ** 20, 7), slice(1, None, -2), [slice(None), slice(..., None)]
        raw_bytes, raw_array = bytes(range(256)), bytearray(b"\0" * 300_000)
        """,
        check=r"""
        assert big_range[10 ** 18] == 7 * 10 ** 18 and cut == slice(1, None, -2) and "abcdef"[cut] == "b"
        assert cuts[1].start is ... and raw_bytes[255] == 255 and len(raw_array) == 300_000
        raw_array[0] = 1
        """,
    ),
    Case(
        "decimals, fractions and contexts keep digits and traps",
        make=r"""
        import decimal, fractions
        money_amount, not_a_number = decimal.Decimal("1.10"), decimal.Decimal("sNaN")
        third = fractions.Fraction(1, 3)
        rounding = decimal.Context(prec=3, rounding=decimal.ROUND_DOWN, traps=[decimal.Inexact])
        """,
        check=r"""
        assert str(money_amount) == "1.10" and not_a_number.is_snan() and third * 3 == 1
        assert rounding.prec == 3 and rounding.rounding == decimal.ROUND_DOWN and rounding.traps[decimal.Inexact]
        """,
    ),
    Case(
        "dates, time zones and folds are the same moments",
        make=r"""
        import datetime as dt
        from zoneinfo import ZoneInfo
        berlin = ZoneInfo("Europe/Berlin")
        folded = dt.datetime(2024, 10, 27, 2, 30, tzinfo=berlin, fold=1)
        fixed_offset = dt.timezone(dt.timedelta(hours=-3, minutes=-30), "NDT")
        class Shifted(dt.tzinfo):
            def utcoffset(self, when): return dt.timedelta(hours=1)
            def dst(self, when): return dt.timedelta(0)
            def tzname(self, when): return "SHF"
        shifted_time = dt.datetime(2020, 1, 1, tzinfo=Shifted())
        lapse, utc_noon = dt.timedelta(days=-1, microseconds=1), dt.time(12, tzinfo=dt.timezone.utc)
        """,
        check=r"""
        assert folded.utcoffset() == dt.timedelta(hours=1) and folded.tzinfo is berlin is ZoneInfo("Europe/Berlin")
        assert fixed_offset.tzname(None) == "NDT" and shifted_time.tzname() == "SHF"
        assert type(shifted_time.tzinfo) is Shifted
        assert lapse.days == -1 and lapse.microseconds == 1 and utc_noon.tzinfo is dt.timezone.utc and folded.fold == 1
        """,
    ),
    Case(
        "patterns match as before, and a match knows its groups, or is named",
        make=r"""
        import re
        pattern = re.compile(r"(?P<word>\w+)\s(\d+)", re.IGNORECASE | re.MULTILINE)
        match = pattern.search("say Word 42")
        byte_pattern, scanner = re.compile(rb"\xff+"), pattern.finditer("a 1 b 2")
        next(scanner)
        """,
        check=r"""
        assert pattern.flags & re.IGNORECASE and pattern.groupindex["word"] == 1 and byte_pattern.match(b"\xff\xff")
        if "match" in globals():
            assert match["word"] == "Word" and match.span(2) == (9, 11) and match.re is pattern
        if "scanner" in globals():
            assert next(scanner)[0] == "b 2"
        """,
    ),
    Case(
        "uuids, ip addresses, structs, templates and fractions of a url are what they were",
        make=r"""
        import ipaddress, string, struct, urllib.parse, uuid
        token, network = uuid.uuid5(uuid.NAMESPACE_DNS, "x"), ipaddress.ip_network("10.0.0.0/8")
        packer, url = struct.Struct(">hI"), urllib.parse.urlsplit("http://u@h:1/p?q#f")
        class Percent(string.Template): delimiter = "%"
        greeting = Percent("hi %name")
        """,
        check=r"""
        assert str(token).startswith("4") or token.version == 5
        assert ipaddress.ip_address("10.1.2.3") in network and packer.pack(1, 2) == b"\0\1\0\0\0\2" and packer.size == 6
        assert url.port == 1 and url.hostname == "h" and greeting.substitute(name="x") == "hi x"
        """,
    ),
    Case(
        "generators of random numbers go on with the next number, shared ones too",
        make=r"""
        import random, secrets
        dice = random.Random(7)
        dice.gauss(0, 1)
        loaded = [dice]
        twin_dice = random.Random(); twin_dice.setstate(dice.getstate())
        class Biased(random.Random):
            def random(self): return super().random() / 2
        biased, system_random = Biased(3), random.SystemRandom()
        """,
        check=r"""
        assert loaded[0] is dice and [dice.random() for _ in range(3)] == [twin_dice.random() for _ in range(3)]
        assert dice.gauss(0, 1) == twin_dice.gauss(0, 1) and biased.random() < 0.5 and type(biased) is Biased
        assert "system_random" not in globals() or 0 <= system_random.random() < 1
        """,
    ),
    Case(
        "hash objects give the digest of all that was fed, or are named",
        make=r"""
        import hashlib, hmac, zlib
        digesting = hashlib.sha256(b"before")
        signing = hmac.new(b"key", b"before", "sha256")
        compressing = zlib.compressobj()
        compressed_head = compressing.compress(b"abc" * 10)
        """,
        check=r"""
        if "digesting" in globals():
            digesting.update(b"after")
            assert digesting.hexdigest() == hashlib.sha256(b"beforeafter").hexdigest()
        if "signing" in globals():
            assert signing.digest() == hmac.digest(b"key", b"before", "sha256")
        if "compressing" in globals():
            assert zlib.decompress(compressed_head + compressing.flush()) == b"abc" * 10
        """,
    ),
    Case(
        "parsers of the library keep their rules and callbacks",
        make=r"""
        import argparse, configparser
        parser = argparse.ArgumentParser("prog", description="d")
        parser.add_argument("--n", type=lambda s: int(s, 0), default=argparse.SUPPRESS, choices=range(20))
        commands = parser.add_subparsers(dest="command")
        run_command = commands.add_parser("run")
        run_command.set_defaults(call=lambda args: "ran")
        ini = configparser.ConfigParser(converters={"list": lambda s: s.split()})
        ini.read_string("[a]\nx = 1 2\ny = %(x)s 3")
        """,
        check=r"""
        parsed = parser.parse_args(["--n", "0x10", "run"])
        assert parsed.n == 16 and parsed.call(parsed) == "ran" and commands.choices["run"] is run_command
        assert ini.getlist("a", "y") == ["1", "2", "3"] and ini["a"].getlist("x") == ["1", "2"]
        """,
    ),
    Case(
        "a parsed xml tree, an email and a cookie jar are whole",
        make=r"""
        import email.message, http.cookies, xml.etree.ElementTree as ET
        root = ET.fromstring("<a><b k='v'>t</b><c/></a>")
        child_b = root[0]
        mail = email.message.EmailMessage()
        mail["Subject"] = "é"; mail.set_content("body")
        cookie = http.cookies.SimpleCookie("a=b; Path=/")
        """,
        check=r"""
        assert root[0] is child_b and child_b.get("k") == "v" and ET.tostring(root).startswith(b"<a><b")
        assert mail["subject"] == "é" and mail.get_content() == "body\n" and cookie["a"].value == "b"
        """,
    ),
    Case(
        "a lock that is held deep inside an object is named by the way to it",
        make=r"""
        # ferry: never-replay
        import threading
        class Cache:
            def __init__(self): self._lock = threading.Lock()
        class WithCache:
            def __init__(self): self.cache = Cache()
        with_cache = WithCache()
        with_cache.cache._lock.acquire();
        """,
        check="assert Cache()._lock.locked() is False",
        expected={"with_cache": SKIPPED},
        reasons={"with_cache": "with_cache.cache._lock: thread lock is held"},
    ),
)
