"""A manifest comes back as it was written, or not at all."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernelferry.api import (
    Blob,
    ChunkRef,
    ComponentEntry,
    Environment,
    Manifest,
    NameEntry,
    ProcessEntry,
    SchemaTooNew,
    plain,
    seals,
)
from kernelferry.api.manifest import manifest_key, utc_now

TEXT = st.text(st.characters(), max_size=8)
SECONDS = st.floats(0, 1e9)
COUNTS = st.integers(1, 1 << 40)
OUTCOMES = st.sampled_from(["stored", "recomputed", "skipped", "mismatched"])
CHUNKS = st.builds(
    ChunkRef,
    st.text("0123456789abcdef", min_size=32, max_size=64).map("b3-{}".format),
    COUNTS,
    COUNTS,
    st.sampled_from(["", "zstd", "zlib"]),
)
BLOBS = st.lists(CHUNKS, max_size=3).map(lambda refs: Blob(tuple(refs), sum(ref.size for ref in refs)))
COMPONENTS = st.builds(
    ComponentEntry,
    id=TEXT,
    names=st.lists(TEXT, max_size=3).map(tuple),
    engine=st.sampled_from(["pickle", "dill"]),
    stream=BLOBS,
    roots=st.lists(TEXT, max_size=3).map(tuple),
    buffers=st.lists(BLOBS, max_size=2).map(tuple),
    seconds_saved=SECONDS,
    seconds_load_estimate=SECONDS,
    fingerprint=st.dictionaries(TEXT, TEXT, max_size=2),
    definitions=st.lists(TEXT, max_size=2).map(tuple),
    needs=st.lists(TEXT, max_size=2).map(tuple),
    cell=st.integers(-1, 1000),
)
ENVIRONMENT = Environment(python="3.11.7", implementation="CPython", platform="Linux", machine="x86_64")
CHUNK = ChunkRef("b3-" + "0" * 64, 10, 5, "zstd")


def make(**parts: Any) -> Manifest:
    given_parts = {"checkpoint": "c", "kernel": "k", "created": utc_now(), "environment": ENVIRONMENT, **parts}
    return Manifest(**given_parts)


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    components = draw(st.lists(COMPONENTS, max_size=3, unique_by=lambda component: component.id))
    held = st.sampled_from([None, *(component.id for component in components)])
    names = st.builds(NameEntry, outcome=OUTCOMES, reason=TEXT, component=held, type=TEXT, bytes=COUNTS)
    process = st.builds(ProcessEntry, outcome=OUTCOMES, reason=TEXT, blob=st.none() | BLOBS, value=TEXT)
    return make(
        components=tuple(components),
        names=draw(st.dictionaries(TEXT, names, max_size=3)),
        process=draw(st.dictionaries(TEXT, process, max_size=3)),
        blobs=draw(st.dictionaries(TEXT, BLOBS, max_size=3)),
        history={"cells": draw(st.lists(TEXT, max_size=3))},
        parent=draw(st.none() | TEXT),
    )


@given(manifests())
def test_every_manifest_comes_back_as_it_was(manifest: Manifest) -> None:
    assert Manifest.from_json(manifest.to_json()) == (manifest, manifest.digest())
    assert Manifest.from_json(manifest.to_json().encode("ascii")) == (manifest, manifest.digest())


SMALL = make(names={"x": NameEntry(outcome="skipped", reason="no")}, blobs={"b": Blob((CHUNK,), 10)}).to_json()


@pytest.mark.parametrize("flip", [0x01, 0x80])
def test_every_altered_byte_is_noticed(flip: int) -> None:
    text = SMALL.encode("ascii")
    for at in range(len(text)):
        with pytest.raises((ValueError, SchemaTooNew)):
            Manifest.from_json(text[:at] + bytes([text[at] ^ flip]) + text[at + 1 :])


def test_every_truncation_is_noticed() -> None:
    for end in range(len(SMALL)):
        with pytest.raises(ValueError):  # noqa: PT011 - the text differs with the place
            Manifest.from_json(SMALL[:end])


def test_another_spelling_of_the_same_is_not_what_was_written() -> None:
    with pytest.raises(ValueError, match=r"digest: it says 'b2-"):
        Manifest.from_json(SMALL.replace(",", ", ", 1))


@pytest.mark.parametrize("text", ["[]", "{}", "null", '{"schema":1}', '{"schema":"1"}', "\u00e9".encode("latin-1")])
def test_what_is_no_manifest_is_refused(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"schema: is absent|not a version|ascii"):
        Manifest.from_json(text)


def _rewritten(**changes: object) -> str:
    """What another release would have written."""
    data = {field.name: getattr(make(), field.name) for field in fields(Manifest)}
    return seals.seal(plain.dumps({**data, **changes}))[0]


def test_a_newer_minor_version_is_read_and_what_it_added_is_ignored() -> None:
    text = _rewritten(schema="1.7", added={"x": 1})
    manifest, digest = Manifest.from_json(text)
    assert manifest.schema == "1.7"
    assert digest in text


def test_a_newer_major_version_is_refused_even_where_all_else_is_different() -> None:
    with pytest.raises(SchemaTooNew, match=r"version 2\.0"):
        Manifest.from_json('{"schema": "2.0", "another": "form"}')


def test_older_manifests_without_the_optional_parts_are_read() -> None:
    text, _ = seals.seal(
        '{"checkpoint":"c","created":"2026-01-01T00:00:00.000000Z","environment":{"implementation":"CPython",'
        '"machine":"m","platform":"p","python":"3.10.0"},"kernel":"k","schema":"1.0"}'
    )
    assert Manifest.from_json(text)[0].blobs == {}


@pytest.mark.parametrize("name", ["Out[3]", "naïve", "a b", "", "\ud800", "\0", "../x"])
def test_names_are_any_text(name: str) -> None:
    manifest = make(names={name: NameEntry(outcome="stored")})
    assert set(Manifest.from_json(manifest.to_json())[0].names) == {name}


def test_chunks_are_those_of_components_process_and_blobs() -> None:
    refs = [replace(CHUNK, digest=f"b3-{number:064}") for number in range(4)]
    one, two, three, four = (Blob((ref,), 10) for ref in refs)
    component = ComponentEntry(id="a", names=(), engine="dill", stream=one, buffers=(two,))
    manifest = make(
        components=(component,), process={"p": ProcessEntry(outcome="stored", blob=three)}, blobs={"b": four}
    )
    assert list(manifest.chunks()) == refs
    assert component.size == 20


@pytest.mark.parametrize(
    ("parts", "complaint"),
    [
        ({"checkpoint": "../up"}, "checkpoint: not an id"),
        ({"kernel": ""}, "kernel: not an id"),
        ({"created": "yesterday"}, "created: not a time"),
        ({"names": {"x": NameEntry(outcome="stored", component="no")}}, "names.x: no component 'no'"),
        (
            {"components": (ComponentEntry(id="a", names=(), engine="pickle", stream=Blob((), 0)),) * 2},
            "components: two have one id",
        ),
    ],
)
def test_a_manifest_that_contradicts_itself_cannot_be_made(parts: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make(**parts)


@pytest.mark.parametrize(
    "parts", [("no digest", 1, 1), (CHUNK.digest, 0, 1), (CHUNK.digest, 1, 0), (CHUNK.digest, 1, 1, "../x")]
)
def test_a_chunk_that_cannot_be_cannot_be_made(parts: Any) -> None:
    with pytest.raises(ValueError, match=r"digest|byte|codec"):
        ChunkRef(*parts)


@pytest.mark.parametrize(("size", "offset"), [(11, 0), (5, 6), (-1, 0), (1, -1)])
def test_a_blob_lies_within_its_chunks(size: int, offset: int) -> None:
    with pytest.raises(ValueError, match=r"cannot hold|not negative"):
        Blob((CHUNK,), size, offset)


def test_keys_hold_the_codec_for_not_everyone_has_each() -> None:
    assert CHUNK.key == f"chunks/{CHUNK.digest}.zstd"
    assert replace(CHUNK, codec="").key == f"chunks/{CHUNK.digest}"
    assert manifest_key("c", "k") == "checkpoints/c/k/manifest.json"
