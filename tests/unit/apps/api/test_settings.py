"""Settings: who decides, and what is refused."""

import subprocess
import sys
from pathlib import Path

import pytest

from eikona.apps.api.settings import read_settings
from eikona.domain.errors import UsageError

ROOT = Path(__file__).resolve().parents[4]


def test_environment_goes_before_file_and_arguments_before_both(tmp_path, monkeypatch):
    (tmp_path / "settings.toml").write_text("port = 1\nsmtp_port = 2\nstrike_s = 3600\n")
    monkeypatch.setenv("EIKONA_DATA", str(tmp_path))
    assert read_settings().port == 1
    monkeypatch.setenv("EIKONA_PORT", "3")
    assert read_settings().port == 3
    found = read_settings(port=4)
    assert (found.port, found.smtp_port, found.strike_s) == (4, 2, 3600)
    elsewhere = tmp_path / "other.toml"
    elsewhere.write_text("smtp_port = 5\n")
    monkeypatch.setenv("EIKONA_SETTINGS", str(elsewhere))
    assert read_settings().smtp_port == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot = 1", "prot"),
        ("port = 70000", "port"),
        ("port = ", "cannot be read"),
        ('public_url = "https://a.b/path"', "public_url"),
    ],
)
def test_nonsense_is_refused_by_name(tmp_path, text, message):
    (tmp_path / "settings.toml").write_text(text)
    with pytest.raises(UsageError, match=message):
        read_settings(data=tmp_path)


def test_a_named_file_must_be_there(tmp_path, monkeypatch):
    monkeypatch.setenv("EIKONA_SETTINGS", str(tmp_path / "none.toml"))
    with pytest.raises(UsageError, match=r"none\.toml"):
        read_settings(data=tmp_path)


def test_the_password_of_the_mail_server_is_not_shown(tmp_path):
    assert "hunter2" not in repr(read_settings(data=tmp_path, smtp_password="hunter2"))


def test_the_reference_page_is_current():
    command = [sys.executable, ROOT / "tools" / "settings_page.py", "--check"]
    assert subprocess.run(command, check=False).returncode == 0
