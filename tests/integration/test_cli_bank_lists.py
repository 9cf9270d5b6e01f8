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


def test_what_is_no_list_says_why(bank, tmp_path):
    empty, bare = tmp_path / "empty.txt", tmp_path / "bare.csv"
    empty.write_text("\n")
    bare.write_text(f"a.jpg;{PDQ}\nb.jpg;{PDQ[::-1]}\n")
    ended = eikona("bank", "import", bank, empty, bare)
    assert ended.status == 1
    assert "empty.txt: this is empty (" in ended.stderr
    assert "bare.csv: a table without a header: begin it with" in ended.stderr
    folder = eikona("bank", "import", bank, tmp_path)
    assert "is a folder: its pictures are added; name the lists in it one by one" in folder.stderr


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


@pytest.fixture
def full(bank, folder):
    """A bank with two hashes, states, tags and notes."""
    assert eikona("bank", "add", bank, folder, "--algorithm", "pdq", "-a", "forbild").status == 0
    facts = {"state": EntryState.REVIEW, "tags": ("a b", "c;d"), "note": 'two\nlines, "x"'}
    with BankStore.open(bank) as store:
        store.add([replace(entry, **facts) for entry in store.entries()])
    return bank


@pytest.mark.parametrize("ending", ["ndjson", "jsonl", "parquet"])
def test_nothing_is_lost_on_the_way_to_another_bank(full, tmp_path, ending):
    table, second = tmp_path / f"all.{ending}", tmp_path / "b.bank"
    status, (record,) = eikona_json("bank", "export", full, "-o", table)
    assert (status, record["entries"], record["failed"]) == (0, 3, 0)
    table = table.rename(tmp_path / "without-an-ending")
    eikona("bank", "create", second)
    expected = "parquet" if ending == "parquet" else "ndjson"
    for added, unchanged in ((3, 0), (0, 3)):
        status, (record,) = eikona_json("bank", "import", second, table)
        assert (status, record["format"]) == (0, expected)
        assert counts(record) == [added, 0, unchanged, 0]
    assert contents(second) == contents(full)
    assert eikona("bank", "verify", second).status == 0


def test_threatexchange_gets_and_gives_hashes_states_and_tags(full, tmp_path):
    page, second = tmp_path / "page.json", tmp_path / "b.bank"
    status, (record,) = eikona_json("bank", "export", full, "-o", page, "--as", "threatexchange")
    assert (status, record["entries"], record["failed"]) == (0, 3, 0)
    eikona("bank", "create", second)
    for added, unchanged in ((3, 0), (0, 3)):
        status, (record,) = eikona_json("bank", "import", second, page)
        assert (status, record["format"]) == (0, "threatexchange")
        assert counts(record) == [added, 0, unchanged, 0]
    codes = {entry.fingerprint.hashes["pdq"] for entry in contents(full).values()}
    assert {entry.fingerprint.hashes["pdq"] for entry in contents(second).values()} == codes
    assert {entry.state for entry in contents(second).values()} == {EntryState.REVIEW}
    assert {entry.tags for entry in contents(second).values()} == {("a b", "c;d")}


def test_entries_that_no_indicator_can_be_are_counted(bank, tmp_path):
    path = tmp_path / "list.txt"
    path.write_text(LIST)
    eikona("bank", "import", bank, path)
    ended = eikona("bank", "export", bank, "-o", tmp_path / "x", "--as", "threatexchange")
    assert ended.status == 1
    assert "1 entry without a PDQ hash" in ended.stderr
    assert "2 entries written" in ended.stderr


def test_local_files_have_types_and_hashes_only(full, tmp_path):
    listed = tmp_path / "hashes.txt"
    assert eikona("bank", "export", full, "-o", listed, "--as", "local-file").status == 0
    lines = listed.read_text().splitlines()
    expected = {f"pdq {entry.fingerprint.hex['pdq']}" for entry in contents(full).values()}
    assert set(lines) == expected
    alone = ["--as", "local-file", "--type", "pdq"]
    assert eikona("bank", "export", full, "-o", listed, *alone).status == 0
    assert {f"pdq {line}" for line in listed.read_text().splitlines()} == expected


def test_types_that_no_bank_holds_are_counted_and_no_failure(bank, tmp_path):
    path = tmp_path / "signals.csv"
    path.write_text(
        "signal_type,signal_str,collab,category,tags\n"
        f"pdq,{PDQ},Sample,POSITIVE_CLASS,a\nvideo_md5,{PDQ[:32]},Sample,POSITIVE_CLASS,\n"
    )
    ended = eikona("bank", "import", bank, path)
    assert ended.status == 0
    assert "1 of type video_md5 left out: no bank holds them" in ended.stderr
    status, (record,) = eikona_json("bank", "import", bank, path)
    assert (status, record["format"]) == (0, "threatexchange-csv")
    assert record["unsupported"] == {"video_md5": 1}
    assert counts(record) == [0, 0, 1, 0]


@pytest.mark.parametrize(
    ("name", "text", "file_format"),
    [
        ("a.txt", '{"hashes": {"pdq": "%s"}}\n', "ndjson"),
        ("a.csv", '{"broken\n{"hashes": {"pdq": "%s"}}\n', "ndjson"),
        ("a", '[\n{"id": "1", "type": "HASH_PDQ", "raw_indicator": "%s"}\n]', "threatexchange"),
        (
            "a.json",
            '{"paging": {}, "data": [{"type": "pdq", "indicator": "%s"}]}',
            "threatexchange",
        ),
        ("a.json", '{"id": 1, "signals": {"pdq": "%s"}}', "threatexchange"),
        ("simple.HASH_PDQ.te", "%s,12,2020-07-01T18:31:15+0000,a\n", "threatexchange-csv"),
        (
            "a.xml",
            (
                "<queryResult><images><image><fingerprints><pdq>%s</pdq></fingerprints></image>"
                "</images></queryResult>"
            ),
            "ncmec",
        ),
        ("a.jsonl", "", "ndjson"),
        ("a.txt", "video_md5 00\npdq %s\n", "typed"),
    ],
)
def test_content_tells_what_a_file_is(bank, tmp_path, name, text, file_format):
    path = tmp_path / name
    path.write_text(text % PDQ if "%" in text else text)
    _, records = eikona_json("bank", "import", bank, path)
    assert records[-1]["format"] == file_format
    assert records[-1]["added"] == (1 if "%" in text else 0)


def test_a_row_that_cannot_be_read_is_told_by_its_number(full, tmp_path):
    table = tmp_path / "all.ndjson"
    eikona("bank", "export", full, "-o", table)
    lines = table.read_text().splitlines(keepends=True)
    table.write_text("".join([lines[0], '{"hashes": {"pdq": "00"}}\n', *lines[1:]]))
    second = tmp_path / "b.bank"
    eikona("bank", "create", second)
    status, records = eikona_json("bank", "import", second, table)
    assert (status, records[0]["line"]) == (1, 2)
    assert counts(records[-1]) == [3, 0, 0, 1]


@pytest.mark.parametrize(
    "arguments",
    [
        ["export", "--as", "threatexchange-csv", "-o", "x"],
        ["export", "--type", "pdq", "-o", "x.ndjson"],
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
