"""Lists and tables of hashes into a bank and out of it, as the commands do it."""

import csv
import os
from dataclasses import replace

import pytest

import eikona as library
from eikona.adapters.bank.store import BankStore
from eikona.domain.bank import EntryState
from tests.integration import bad_input
from tests.integration.command_line import eikona, eikona_json

PDQ = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22"
LIST = f"# known\npdq {PDQ} first\n\npdq {PDQ[::-1]}\nphash 0123456789abcdef second\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("pictures")
    picture = bad_input.picture(1, (640, 480))
    picture.save(root / "original.png")
    picture.save(root / "copy.jpg", quality=40)
    bad_input.save_picture(root / "other.png", 2, (640, 480))
    return root


@pytest.fixture
def bank(tmp_path):
    path = tmp_path / "a.bank"
    assert eikona("bank", "create", path, "--no-local-features").status == 0
    return path


def contents(bank):
    with BankStore.open(bank) as store:
        return {entry.name: entry for entry in store.entries()}


def counts(record):
    return [record[name] for name in ("added", "replaced", "unchanged", "failed")]


def test_a_typed_list_goes_in_once(bank, tmp_path):
    path = tmp_path / "list.txt"
    path.write_text(LIST)
    status, (record,) = eikona_json("bank", "import", bank, path)
    assert status == 0
    assert record["format"] == "typed"
    assert counts(record) == [3, 0, 0, 0]
    before = contents(bank)
    assert set(before) == {"first", f"pdq:{PDQ[::-1]}", "second"}
    assert before["first"].fingerprint.hex == {"pdq": PDQ}
    assert before["first"].state is EntryState.ACTIVE
    status, (record,) = eikona_json("bank", "import", bank, path)
    assert (status, counts(record)) == (0, [0, 0, 3, 0])
    assert contents(bank) == before


def test_bad_lines_are_named_and_the_rest_goes_in(bank, tmp_path):
    path = tmp_path / "list.txt"
    path.write_text(
        f"{LIST}md5 00\npdq {PDQ[:-2]}\npdq {PDQ[::-1]} first\ndhash {PDQ[:16]} first\n"
    )
    ended = eikona("bank", "import", bank, path)
    assert ended.status == 1
    assert f"{path}, line 6: no hash is called 'md5'" in ended.stderr
    assert f"{path}, line 7: pdq has 64 hex digits" in ended.stderr
    assert f"{path}, line 8: line 2 gives 'first' another pdq" in ended.stderr
    assert "3 added, 0 replaced, 0 unchanged, 3 failed" in ended.stderr
    assert contents(bank)["first"].fingerprint.hex == {"pdq": PDQ, "dhash": PDQ[:16]}
    status, records = eikona_json("bank", "import", bank, path)
    assert status == 1
    assert [record["line"] for record in records[:-1]] == [6, 7, 8]
    assert {record["error"]["code"] for record in records[:-1]} == {"invalid_table"}
    assert counts(records[-1]) == [0, 0, 3, 3]


def test_a_list_of_imagehash_finds_copies_of_its_pictures(bank, folder, tmp_path):
    of = {
        path.name: eikona_json("hash", path, "--compat", "imagehash")[1][0]["hashes"]["phash"]
        for path in (folder / "original.png", folder / "other.png")
    }
    path = tmp_path / "known.txt"
    path.write_text("".join(f"{code} {name}\n" for name, code in of.items()))
    assert eikona("bank", "import", bank, path).status == 2
    status, (record,) = eikona_json("bank", "import", bank, path, "--type", "imagehash:phash")
    assert (status, record["format"], record["added"]) == (0, "hex", 2)
    status, (record,) = eikona_json(
        *("search", folder / "copy.jpg", "--bank", bank),
        *("--rule", "threshold:imagehash-phash=10"),
    )
    assert status == 0
    assert [match["entry"] for match in record["matches"]] == ["original.png"]


def test_a_table_comes_back_from_another_bank_as_it_was(bank, folder, tmp_path):
    assert eikona("bank", "add", bank, folder, "--algorithm", "pdq", "-a", "dhash").status == 0
    facts = {"state": EntryState.REVIEW, "tags": ("a b", "c;d"), "note": 'two\nlines, "x"'}
    changed = [replace(entry, **facts) for entry in contents(bank).values()]
    with BankStore.open(bank) as store:
        store.add(changed)
    table, second = tmp_path / "table.csv", tmp_path / "b.bank"
    assert eikona("bank", "export", bank, "-o", table).status == 0
    with table.open(newline="") as file:
        assert {"name", "pdq", "dhash"} <= set(next(csv.reader(file)))
    eikona("bank", "create", second)
    status, (record,) = eikona_json("bank", "import", second, table)
    assert (status, record["format"], counts(record)) == (0, "csv", [3, 0, 0, 0])
    assert contents(second) == contents(bank)
    for path in (bank, second):
        status, (record,) = eikona_json("bank", "import", path, table)
        assert (status, counts(record)) == (0, [0, 0, 3, 0])


@pytest.mark.parametrize("options", [[], ["--as", "hex", "--type", "pdq"]])
def test_lists_come_back_from_another_bank(bank, folder, tmp_path, options):
    eikona("bank", "add", bank, folder, "--algorithm", "pdq", "-a", "dhash")
    listed, second = tmp_path / "list.txt", tmp_path / "b.bank"
    status, (record,) = eikona_json("bank", "export", bank, "-o", listed, *options)
    assert (status, record["entries"], record["failed"]) == (0, 3, 0)
    eikona("bank", "create", second)
    again = ["--type", "pdq"] if options else []
    assert eikona("bank", "import", second, listed, *again).status == 0
    names = {"pdq"} if options else {"pdq", "dhash"}
    expected = {
        name: {key: code for key, code in entry.fingerprint.hex.items() if key in names}
        for name, entry in contents(bank).items()
    }
    assert {n: entry.fingerprint.hex for n, entry in contents(second).items()} == expected


def test_a_list_keeps_what_is_known_of_a_picture(bank, folder, tmp_path):
    eikona("bank", "add", bank, folder / "original.png", "--name", "mine", "-a", "pdq")
    before = contents(bank)["mine"]
    code = library.fingerprint(folder / "original.png").hex["dhash"]
    path = tmp_path / "list.txt"
    path.write_text(f"pdq {before.fingerprint.hex['pdq']} mine\ndhash {code} mine\n")
    status, (record,) = eikona_json("bank", "import", bank, path)
    assert (status, counts(record)) == (0, [0, 1, 0, 0])
    after = contents(bank)["mine"]
    assert after.fingerprint.hex == {**before.fingerprint.hex, "dhash": code}
    assert (after.fingerprint.width, after.source) == (640, before.source)


def test_folders_and_pictures_are_added_as_by_add(bank, folder):
    status, records = eikona_json("bank", "import", bank, folder)
    assert status == 0
    assert {record["result"] for record in records} == {"added"}
    assert set(contents(bank)) == {
        str(folder / n) for n in ("copy.jpg", "original.png", "other.png")
    }
    _, (record,) = eikona_json("bank", "import", bank, folder / "other.png")
    assert record["result"] == "unchanged"


def test_files_that_are_nothing_known_fail_and_the_others_go_in(bank, tmp_path):
    nothing, good = tmp_path / "nothing.txt", tmp_path / "list.txt"
    nothing.write_text("hello, world\n")
    good.write_text(LIST)
    status, records = eikona_json("bank", "import", bank, nothing, tmp_path / "missing", good)
    assert status == 1
    assert [record["file"] for record in records] == [
        str(path) for path in (nothing, tmp_path / "missing", good)
    ]
    assert "--as" in records[0]["error"]["message"]
    assert records[1]["error"]["code"] == "file_not_found"
    assert counts(records[2]) == [3, 0, 0, 0]


@pytest.mark.skipif(os.name == "nt", reason="makes a named pipe")
def test_a_pipe_is_not_waited_for(bank, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    status, (record,) = eikona_json("bank", "import", bank, tmp_path / "pipe")
    assert (status, record["error"]["code"]) == (1, "not_a_regular_file")


def test_names_that_lists_cannot_hold_are_left_out_and_said(bank, tmp_path):
    table, listed = tmp_path / "t.csv", tmp_path / "list.txt"
    table.write_text(f'name,pdq\n"two\nlines",{PDQ}\nx,{PDQ}\n')
    assert eikona("bank", "import", bank, table).status == 0
    ended = eikona("bank", "export", bank, "-o", listed)
    assert ended.status == 1
    assert "export the bank as CSV" in ended.stderr
    assert listed.read_text() == f"pdq {PDQ} x\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["export", "--as", "pictures", "-o", "x"],
        ["export", "--as", "csv", "--type", "pdq", "-o", "x.csv"],
        ["export", "--as", "hex", "-o", "x"],
        ["export", "--as", "hex", "--type", "md5", "-o", "x"],
        ["export", "-o", "no/such/folder/x"],
        ["export", "-o", "x.json"],
        ["import", "--type", "md5", "x"],
        ["export"],
        ["import"],
    ],
)
def test_wrong_usage_is_said_and_nothing_written(bank, tmp_path, arguments):
    command, *rest = arguments
    ended = eikona("bank", command, bank, *rest, cwd=tmp_path)
    assert ended.status == 2
    assert "Traceback" not in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == [bank.name]
