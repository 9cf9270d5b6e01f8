"""Segments read by the letter of ``docs/bank-format.md``, with nothing of the code they are of."""

import hashlib
import itertools
import json
import struct
import zlib
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from eikona.adapters.bank import layout
from eikona.adapters.bank.store import BankStore
from eikona.domain.bank import EntryState
from eikona.domain.errors import BankFormatError
from eikona.services.ports import HashKey
from tests.unit.adapters.bank.made import CREATED, entry


def _read(path):
    """Return the rows and the sections of a segment, by kind and algorithm."""
    data = path.read_bytes()
    magic, version, count, checksum, rows, start, end, block, blocks = struct.unpack_from(
        "<8sHHIQQQII", data
    )
    assert (magic, version, block) == (b"\x89EIKSEG\n", 1, 65536)
    assert zlib.crc32(data[:12] + bytes(4) + data[16:start]) == checksum
    assert start % 64 == 0
    table = 64 + 96 * count
    checksums = struct.unpack_from(f"<{blocks}I", data, table)
    assert [zlib.crc32(data[at : min(at + block, end)]) for at in range(start, end, block)] == list(
        checksums
    )
    seal, length, same, of_footer = struct.unpack_from("<8sQII", data, end)
    assert (seal, length, same) == (b"EIKSEAL\n", len(data), checksum)
    assert zlib.crc32(data[end : end + 20]) == of_footer
    assert end + 24 == len(data)
    sections = {}
    for number in range(count):
        kind, algorithm, offset, size, element, flags = struct.unpack_from(
            "<16s48sQQII", data, 64 + 96 * number
        )
        assert offset % 64 == 0
        assert flags == 0
        key = (kind.rstrip(b"\0").decode(), algorithm.rstrip(b"\0").decode())
        sections[key] = (data[offset : offset + size], element)
    return rows, sections


def test_a_segment_is_what_the_documentation_says(tmp_path):
    store = BankStore.create(tmp_path / "bank")
    long = entry("y" * 4000, tags=("a", "b"), owner="o")
    entries = [entry("b", note="ü"), long, entry("\udcff\n", state=EntryState.REVIEW)]
    store.add(entries)
    rows, sections = _read(store.path / "segment-00000001.eik")
    assert rows == 3
    prints = [one.fingerprint for one in entries]
    for name, algorithm, words in (("pdq", "pdq@1", 4), ("phash", "phash@1", 1)):
        codes, element = sections["codes", algorithm]
        assert element == 8 * words
        columns = np.frombuffer(codes, "<u8").reshape(words, 3)
        for row, one in enumerate(prints):
            assert columns[:, row].tobytes() == one.hashes[name]
    assert sections["vectors", "nmf@1"] == (b"".join(one.hashes["nmf"] for one in prints), 64)
    assert sections["grey", "forbild@1"] == (b"".join(one.forbild_grey for one in prints), 256)
    names = [one.name.encode("utf-8", "surrogateescape") for one in entries]
    assert _ragged(sections, "name-offsets", "name-text") == names
    digests = [hashlib.blake2b(name, digest_size=8).digest() for name in names]
    numbers = sorted((int.from_bytes(digest, "little"), row) for row, digest in enumerate(digests))
    assert sections["name-digests", ""][0] == struct.pack("<3Q", *(number for number, _ in numbers))
    assert sections["name-rows", ""][0] == struct.pack("<3I", *(row for _, row in numbers))
    texts = [json.loads(text or b"{}") for text in _ragged(sections, "text-offsets", "text")]
    assert texts == [{"note": "ü"}, {"tags": ["a", "b"], "owner": "o"}, {}]
    record = struct.unpack_from("<IIIIq8sBBB5x", sections["records", ""][0], 80)
    microseconds = (CREATED - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert record == (640, 480, 1, 0, microseconds, b"jpeg\0\0\0\0", 100, 1, 0)


def _ragged(sections, offsets, text):
    places = np.frombuffer(sections[offsets, ""][0], "<u8").tolist()
    letters = sections[text, ""][0]
    return [letters[a:b] for a, b in itertools.pairwise(places)]


def test_manifest_and_tombstones_are_what_the_documentation_says(tmp_path):
    store = BankStore.create(tmp_path / "bank")
    codes = np.zeros((5, 32), np.uint8)
    store.add_codes(HashKey("pdq", 1, 32), list("abcde"), codes)
    store.remove(["d", "b"])
    raw = (store.path / "manifest.json").read_bytes()
    body = raw[len(b'{"sha256":"') + 64 + len(b'","bank":') : -len(b"}\n")]
    manifest = json.loads(raw)
    assert manifest["sha256"] == hashlib.sha256(body).hexdigest()
    assert json.loads(body) == manifest["bank"]
    bank = manifest["bank"]
    assert (bank["format"], bank["version"], bank["requires"]) == ("eikona-bank", 1, [])
    assert (bank["generation"], bank["next"]) == (2, 3)
    (segment,), (tombstones,) = bank["segments"], bank["tombstones"]
    path = store.path / f"segment-{segment['number']:08}.eik"
    assert (segment["rows"], segment["bytes"]) == (5, path.stat().st_size)
    data = (store.path / f"tombstones-{tombstones['number']:08}.eik").read_bytes()
    magic, version, checksum, pairs = struct.unpack_from("<8sH2xIQ", data)
    assert (magic, version, pairs, len(data)) == (b"\x89EIKTOM\n", 1, 2, 24 + 8 * 2)
    assert zlib.crc32(data[:12] + bytes(4) + data[16:]) == checksum == tombstones["crc32"]
    assert struct.unpack_from("<4I", data, 24) == (1, 1, 1, 3)


def test_unknown_sections_are_skipped_unless_they_must_be_understood(tmp_path):
    """As a later version might write them."""
    store = BankStore.create(tmp_path / "bank")
    one = entry("a")
    store.add([one])
    path = store.path / "segment-00000001.eik"
    manifest = json.loads((store.path / "manifest.json").read_bytes())["bank"]
    for flags in (0, layout.MUST_UNDERSTAND):
        data = path.read_bytes()
        head, _ = layout.parse_head(memoryview(data), path.name)
        text = next(section for section in head.sections if section.kind == "name-rows")
        new = layout.Section("band-index", "pdq@1", text.offset, 4, 4, flags)
        sections = [section for section in head.sections if section.kind != "band-index"]
        start = layout.data_start(len(sections) + 1, len(head.checksums))
        shift = start - head.start
        moved = [
            layout.Section(s.kind, s.algorithm, s.offset + shift, s.length, s.element, s.flags)
            for s in [*sections, new]
        ]
        changed = layout.Head(head.rows, tuple(moved), head.checksums, start, head.end + shift)
        packed = layout.pack_head(changed)
        checksum = layout.head_checksum(packed)
        body = data[head.start : head.end]
        path.write_bytes(packed + body + layout.pack_footer(changed, checksum))
        manifest["segments"][0] |= {"bytes": path.stat().st_size, "crc32": checksum}
        _write_manifest(store.path, manifest)
        if not flags:
            assert list(BankStore.open(store.path).entries()) == [one]
            continue
        with pytest.raises(BankFormatError, match="update"):
            BankStore.open(store.path)


def test_a_bank_that_requires_a_newer_feature_is_refused(tmp_path):
    store = BankStore.create(tmp_path / "bank")
    manifest = json.loads((store.path / "manifest.json").read_bytes())["bank"]
    _write_manifest(store.path, manifest | {"more": [1, 2]})
    assert len(BankStore.open(store.path)) == 0  # what is merely new may be ignored
    for newer in ({"version": 2}, {"requires": ["never heard of"]}):
        _write_manifest(store.path, manifest | newer)
        with pytest.raises(BankFormatError, match="update"):
            BankStore.open(store.path)


def _write_manifest(bank, manifest):
    body = json.dumps(manifest, separators=(",", ":")).encode()
    digest = hashlib.sha256(body).hexdigest()
    (bank / "manifest.json").write_bytes(b'{"sha256":"%s","bank":%s}\n' % (digest.encode(), body))
