"""Files and folders of every kind that cannot be read, made on the spot."""

import os
import socket
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

NOBODY = 65534


def picture(seed=0, size=(160, 120)):
    """Return a smooth random picture."""
    grain = np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    return Image.fromarray(grain).resize(size, Image.Resampling.BICUBIC)


def save_picture(path, seed=0, size=(160, 120)):
    picture(seed, size).save(path)
    return path


def make_readable_pictures(folder: Path):
    """Fill ``folder`` with pictures; return the paths that a walk should find, in order."""
    folder.mkdir(parents=True)
    (folder / "below" / "deeper").mkdir(parents=True)
    save_picture(folder / "b.jpg", 1)
    save_picture(folder / "a.png", 2)
    save_picture(folder / "CAPITALS.JPEG", 3)
    save_picture(folder / "below" / "c.webp", 4)
    save_picture(folder / "below" / "deeper" / "d.gif", 5)
    picture(6).save(folder / "no-ending", format="JPEG")
    picture(7).save(folder / "wrong-ending.txt", format="PNG")
    (folder / "notes.txt").write_text("nothing to see")
    (folder / "link-to-file").symlink_to("b.jpg")
    (folder / "link-to-folder").symlink_to("below")
    names = ["CAPITALS.JPEG", "a.png", "b.jpg", "below/c.webp", "below/deeper/d.gif"]
    return [*names, "link-to-file", "no-ending", "wrong-ending.txt"]


def make_unreadable_things(folder: Path):
    """Fill ``folder`` with what cannot be read; return the error code of each, by name."""
    folder.mkdir(parents=True)
    (folder / "broken-link.jpg").symlink_to("nowhere")
    (folder / "loop-a").symlink_to("loop-b")
    (folder / "loop-b").symlink_to("loop-a")
    (folder / "self.png").symlink_to("self.png")
    os.mkfifo(folder / "pipe.jpg")
    (folder / "link-to-pipe.jpg").symlink_to("pipe.jpg")
    (folder / "device").symlink_to("/dev/zero")
    make_socket(folder / "socket.png")
    (folder / "empty.jpg").touch()
    (folder / "prose.jpg").write_text("This is no image, whatever its name says.\n" * 9)
    save_picture(folder / "locked.png", 8).chmod(0)
    save_picture(folder / "locked-without-ending.png", 8).rename(folder / "locked-bare")
    (folder / "locked-bare").chmod(0)
    (folder / "shut").mkdir()
    save_picture(folder / "shut" / "inside.jpg", 9)
    (folder / "shut").chmod(0)
    (folder / "listed").mkdir()
    save_picture(folder / "listed" / "inside.jpg", 9)
    (folder / "listed").chmod(0o444)
    return {
        "broken-link.jpg": "broken_symlink",
        "device": "not_a_regular_file",
        "empty.jpg": "empty_file",
        "link-to-pipe.jpg": "not_a_regular_file",
        "listed/inside.jpg": "permission_denied",
        "locked-bare": "permission_denied",
        "locked.png": "permission_denied",
        "loop-a": "symlink_loop",
        "loop-b": "symlink_loop",
        "pipe.jpg": "not_a_regular_file",
        "prose.jpg": "not_an_image",
        "self.png": "symlink_loop",
        "shut": "permission_denied",
        "socket.png": "not_a_regular_file",
    }


def make_socket(path: Path):
    here = Path.cwd()
    os.chdir(path.parent)  # a socket's address is too short for long paths
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    finally:
        os.chdir(here)


@contextmanager
def as_nobody(*folders: Path):
    """Give up root's rights, which no permission stops, over what is below ``folders``."""
    if os.geteuid() != 0:
        yield
        return
    for folder in folders:
        for parent in folder.resolve().parents:
            if parent.stat().st_uid == 0 and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o111)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
