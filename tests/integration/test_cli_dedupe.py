"""``dedupe`` on real files; rules without calibration keep the expectations exact."""

import csv
import os
import shutil
import time
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps

from tests.integration import bad_input, command_line
from tests.integration.command_line import eikona, eikona_json

RULE = ("--rule", "threshold:pdq=31")


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setitem(command_line.ENVIRONMENT, "XDG_CACHE_HOME", str(folder))


@pytest.fixture
def folder(tmp_path):
    """Two folders: a picture with three copies across both, one with one, and a single one."""
    root = tmp_path / "pictures"
    (root / "one").mkdir(parents=True)
    (root / "two").mkdir()
    first = bad_input.picture(1, (640, 480))
    first.save(root / "one" / "a.png")
    first.save(root / "two" / "a-small.jpg", quality=40)
    ImageOps.mirror(first).save(root / "one" / "mirrored.jpg")
    first.transpose(Image.Transpose.ROTATE_90).save(root / "two" / "turned.jpg")
    bad_input.save_picture(root / "one" / "b.png", 2, (640, 480))
    shutil.copy2(root / "one" / "b.png", root / "two" / "b-again.png")
    bad_input.save_picture(root / "two" / "alone.png", 3, (640, 480))
    return root


def groups_of(records):
    return {
        frozenset(Path(name).name for name in r["files"]) for r in records if r["kind"] == "group"
    }


EXPECTED = {
    frozenset({"a.png", "a-small.jpg", "mirrored.jpg", "turned.jpg"}),
    frozenset({"b.png", "b-again.png"}),
}


@pytest.mark.parametrize("rule", ["threshold:pdq=31", "eikona"])
def test_groups_copies_across_folders(folder, rule):
    status, records = eikona_json("dedupe", folder / "one", folder / "two", "--rule", rule)
    assert status == 0
    assert groups_of(records) == EXPECTED
    assert eikona_json("dedupe", folder / "two", folder / "one", "--rule", rule) == (0, records)
    first = records[0]
    assert first["group"] == 1
    assert first["best"] == str(folder / "one" / "a.png")
    assert first["files"][0] == first["best"]
    assert [one["file"] for one in first["pictures"]] == first["files"]
    assert first["pictures"][0] | {"bytes": 0} == {
        "file": first["best"],
        "width": 640,
        "height": 480,
        "frames": 1,
        "bytes": 0,
    }
    assert first["pictures"][0]["bytes"] == (folder / "one" / "a.png").stat().st_size


def test_text_and_status(folder):
    ended = eikona("dedupe", folder, *RULE)
    assert ended.status == 0
    assert "group 1: 4 pictures" in ended.text
    assert "2 groups with 6 pictures" in ended.stderr
    assert eikona("dedupe", folder, *RULE, "--fail-on-match").status == 3
    assert eikona("dedupe", folder / "two" / "alone.png", *RULE, "--fail-on-match").status == 0
    assert eikona("dedupe", folder / "gone", *RULE).status == 1


def test_a_file_that_is_named_twice_is_one(folder):
    assert eikona_json("dedupe", folder, folder / "one", folder / "one" / "b.png", *RULE) == (
        eikona_json("dedupe", folder, *RULE)
    )


def test_plain_pictures_are_grouped_by_bytes_and_otherwise_similar(tmp_path):
    root = tmp_path / "plain"
    root.mkdir()
    Image.new("RGB", (64, 64), "white").save(root / "a.png")
    shutil.copy2(root / "a.png", root / "b.png")
    Image.new("RGB", (80, 64), "white").save(root / "c.png")
    status, records = eikona_json("dedupe", root, *RULE)
    assert status == 0
    assert groups_of(records) == {frozenset({"a.png", "b.png"})}
    (similar,) = (record for record in records if record["kind"] == "similar")
    assert similar["files"] == [str(root / "a.png"), str(root / "c.png")]
    assert similar["outcome"] == "review"
    assert "too plain" in similar["reason"]
    assert "similar, not copies" in eikona("dedupe", root, *RULE).text


def test_what_cannot_be_read_is_reported_and_the_rest_goes_on(folder):
    (folder / "one" / "torn.jpg").write_bytes((folder / "two" / "turned.jpg").read_bytes()[:500])
    for _ in range(2):  # from the cache the second time
        status, records = eikona_json("dedupe", folder, *RULE)
        assert status == 1
        assert groups_of([r for r in records if "kind" in r]) == EXPECTED
        (failed,) = (record for record in records if "error" in record)
        assert failed["file"] == str(folder / "one" / "torn.jpg")
        assert failed["error"]["code"] == "truncated_image"
    eikona("dedupe", folder, *RULE, "--report", folder.parent / "out.html")
    assert "Not read" in (folder.parent / "out.html").read_text()


def test_reports_show_the_copies(folder, tmp_path):
    report = tmp_path / "out.html"
    ended = eikona("dedupe", folder, *RULE, "--report", report)
    assert ended.status == 0
    assert str(report) in ended.stderr
    assert "data:image/webp" in report.read_text() or "base64" in report.read_text()
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["group"] for row in rows] == ["group 1"] * 3 + ["group 2"]
    assert {row["entry"] for row in rows[:3]} == {str(folder / "one" / "a.png")}
    assert {row["outcome"] for row in rows} == {"block"}
    assert {row["orientation"] for row in rows} == {"original", "flip-left-right", "rotate-270"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--delete",), "--keep best"),
        (("--move-to", "away"), "--keep best"),
        (("--yes",), "goes with"),
        (("--keep", "best", "--delete", "--move-to", "away"), "goes without"),
        (("--report", "out.txt"), ".html or .csv"),
        (("--report", "gone/out.html"), "there is no folder gone"),
        (("--rule", "nonsense"), "no rule"),
    ],
)
def test_wrong_usage(folder, tmp_path, arguments, said):
    ended = eikona("dedupe", folder, *arguments, cwd=tmp_path)
    assert ended.status == 2
    assert said in " ".join(ended.stderr.replace("│", " ").split())


def test_files_may_not_be_moved_to_where_the_pictures_are(folder):
    ended = eikona("dedupe", folder, *RULE, "--keep", "best", "--move-to", folder / "one" / "x")
    assert ended.status == 2
    assert len(list(folder.rglob("*.*"))) == 7


# removing


def names_in(folder):
    return {path.name for path in folder.rglob("*") if path.is_file() or path.is_symlink()}


def test_keep_best_only_lists(folder):
    before = names_in(folder)
    status, records = eikona_json("dedupe", folder, *RULE, "--keep", "best")
    assert status == 0
    assert [len(record["redundant"]) for record in records] == [3, 1]
    roles = [[one["role"] for one in record["pictures"]] for record in records]
    assert roles == [["kept", "redundant", "redundant", "redundant"], ["kept", "redundant"]]
    assert names_in(folder) == before


def test_a_jpeg_is_kept_rather_than_the_larger_gif_made_from_it(tmp_path):
    jpeg, gif = tmp_path / "a.jpg", tmp_path / "b.gif"
    bad_input.picture(1, (640, 480)).convert("L").save(jpeg, quality=60)
    with Image.open(jpeg) as image:
        image.save(gif)
    assert gif.stat().st_size > jpeg.stat().st_size
    _, (group,) = eikona_json("dedupe", tmp_path, *RULE, "--keep", "best")
    assert (group["best"], group["redundant"]) == (str(jpeg), [str(gif)])


@pytest.mark.parametrize("answer", [b"", b"n\n", b"yep\n"])
def test_nothing_goes_without_a_clear_yes(folder, answer):
    before = names_in(folder)
    ended = eikona("dedupe", folder, *RULE, "--keep", "best", "--delete", stdin=answer)
    assert ended.status == 1
    assert "Delete 4 redundant files" in ended.stderr
    assert "Nothing was removed" in ended.stderr
    assert names_in(folder) == before


@pytest.mark.parametrize("how", [("--yes",), ()])
def test_delete_leaves_the_best_of_each_group(folder, how):
    ended = eikona(
        "dedupe", folder, *RULE, "--keep", "best", "--delete", *how, stdin=b"" if how else b"y\n"
    )
    assert ended.status == 0
    assert "4 files deleted of 4" in ended.stderr
    assert len(names_in(folder)) == 3
    assert {"a.png", "alone.png"} < names_in(folder)
    assert groups_of(eikona_json("dedupe", folder, *RULE)[1]) == set()


def test_move_keeps_everything_elsewhere(folder, tmp_path):
    status, records = eikona_json(
        "dedupe", folder, *RULE, "--keep", "best", "--move-to", tmp_path / "away", "--yes"
    )
    assert status == 0
    moved = [record for record in records if record["kind"] == "moved"]
    assert len(moved) == 4
    for record in moved:
        assert not Path(record["file"]).exists()
        assert record["to"] == str(tmp_path / "away") + record["file"]
        assert Path(record["to"]).exists()
        assert Path(record["kept"]).exists()
    assert len(names_in(folder)) == 3


def test_other_names_of_the_kept_file_stay(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    bad_input.save_picture(root / "a.png", 1, (640, 480))
    os.link(root / "a.png", root / "hard.png")
    (root / "soft.png").symlink_to("a.png")
    shutil.copy2(root / "a.png", root / "z-copy.png")
    (root / "to-copy.png").symlink_to("z-copy.png")
    status, records = eikona_json("dedupe", root, *RULE, "--keep", "best", "--delete", "--yes")
    assert status == 0
    roles = {Path(one["file"]).name: one["role"] for one in records[0]["pictures"]}
    assert roles == {
        "a.png": "kept",
        "hard.png": "same-file",
        "soft.png": "link",
        "to-copy.png": "link",
        "z-copy.png": "redundant",
    }
    assert names_in(root) == {"a.png", "hard.png", "soft.png", "to-copy.png"}
    assert (root / "hard.png").read_bytes() == (root / "a.png").read_bytes()


def test_an_animation_is_no_copy_of_its_first_frame(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    first, *rest = (bad_input.picture(seed, (320, 240)) for seed in range(4))
    first.save(root / "moving.gif", save_all=True, append_images=rest, duration=40)
    with Image.open(root / "moving.gif") as moving:
        moving.convert("RGB").resize((640, 480)).save(root / "still.png")
    shutil.copy2(root / "moving.gif", root / "moving-too.gif")
    _, records = eikona_json("dedupe", root, *RULE, "--keep", "best")
    roles = {Path(one["file"]).name: one["role"] for one in records[0]["pictures"]}
    assert roles == {"still.png": "kept", "moving.gif": "unsure", "moving-too.gif": "unsure"}


def test_a_second_run_reads_nothing_anew(folder):
    time.sleep(0.2)  # until the files' times are told apart from later ones
    eikona("dedupe", folder, *RULE)
    assert eikona("dedupe", folder, *RULE, "--max-pixels", "1k").status == 1  # other settings
    for path in folder.rglob("*.*"):
        status = path.stat()
        with path.open("r+b") as file:  # the same size and time, so only the inode's time tells
            file.write(b"no picture")
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert eikona("dedupe", folder, *RULE).status == 1


def test_standard_input_is_never_taken_for_a_file_of_that_name(folder, tmp_path):
    """A file called - has nothing to do with the picture that comes in."""
    (tmp_path / "-").write_text("nothing to lose")
    ended = eikona(
        *("dedupe", "-", folder / "one", *RULE, "--keep", "best", "--delete", "--yes"),
        cwd=tmp_path,
        stdin=(folder / "two" / "a-small.jpg").read_bytes(),
    )
    assert ended.status == 2
    assert "standard input" in ended.stderr
    assert (tmp_path / "-").read_text() == "nothing to lose"


def test_forms_that_are_filled_in_otherwise_are_kept(tmp_path):
    """Hashes take them for copies of each other: only a close look tells them apart."""
    folder = tmp_path / "forms"
    folder.mkdir()
    for number, name in enumerate(("Anna Petrova", "Ben Okafor", "Chen Lihua")):
        page = Image.new("RGB", (620, 877), "white")
        draw = ImageDraw.Draw(page)
        draw.rectangle((40, 40, 140, 120), fill=(200, 60, 40))
        font = ImageFont.load_default(20)
        for row in range(14):
            draw.text((40, 200 + 40 * row), f"Line {row} of the form", fill="black", font=font)
        draw.text((300, 200), name, fill="black", font=font)
        page.save(folder / f"{number}.png")
    page.save(folder / "again.jpg", quality=60)
    ended = ("dedupe", folder, "--keep", "best", "--delete", "--yes", "--no-cache")
    status, records = eikona_json(*ended)
    assert status == 0
    (group,) = [record for record in records if record["kind"] == "group"]
    roles = {Path(one["file"]).name: one["role"] for one in group["pictures"]}
    kept = next(name for name, role in roles.items() if role == "kept")
    gone = {name for name, role in roles.items() if role == "redundant"}
    assert len(roles) == 4
    assert gone <= {"again.jpg"} - {kept}
    assert {path.name for path in folder.iterdir()} == set(roles) - gone
