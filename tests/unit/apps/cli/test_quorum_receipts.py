import pytest

from eikona.apps.cli.quorum_receipts import receipt_places, write_receipt
from eikona.domain.errors import UsageError


def places(named, *pictures):
    return receipt_places("--receipt", named, pictures)


def test_one_receipt_is_a_file_and_in_a_folder_where_there_is_one(tmp_path):
    assert places(tmp_path / "a.receipt", "x/p.jpg") == [tmp_path / "a.receipt"]
    assert places(tmp_path, "x/p.jpg") == [tmp_path / "p.jpg.receipt"]
    assert places(None, "x/p.jpg", "q.jpg") == [None, None]


def test_several_receipts_need_a_folder_and_names_of_their_own(tmp_path):
    folder = tmp_path / "receipts"
    found = places(folder, "x/p.jpg", "y/p.jpg", "q.jpg")
    assert found == [folder / f"{name}.receipt" for name in ("p.jpg", "p.jpg-2", "q.jpg")]
    assert not folder.exists()
    (tmp_path / "a.receipt").write_bytes(b"")
    with pytest.raises(UsageError, match="need a folder"):
        places(tmp_path / "a.receipt", "p.jpg", "q.jpg")


def test_a_receipt_takes_nothing_s_place(tmp_path):
    kept = tmp_path / "p.jpg.receipt"
    kept.write_bytes(b"kept")
    for named, pictures in ((kept, ["p.jpg"]), (tmp_path, ["q.jpg", "p.jpg"])):
        with pytest.raises(UsageError, match="is there already"):
            places(named, *pictures)
    with pytest.raises(FileExistsError):
        write_receipt(kept, b"new")
    assert kept.read_bytes() == b"kept"


def test_a_place_that_cannot_be_is_told_before_anything_is_asked(tmp_path):
    with pytest.raises(UsageError, match="there is no folder"):
        places(tmp_path / "none" / "a.receipt", "p.jpg")
    with pytest.raises(UsageError, match="there is no folder"):
        places(tmp_path / "none" / "receipts", "p.jpg", "q.jpg")
