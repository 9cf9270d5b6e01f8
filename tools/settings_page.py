"""Writes docs/settings.md from the server's settings.

usage: python tools/settings_page.py [--check]

With --check nothing is written, and the exit status is 1 where the page is another.
"""

import sys
from pathlib import Path
from typing import Any

from eikona.apps.api.settings import FILE_NAME, PREFIX, Settings

_PAGE = Path(__file__).resolve().parent.parent / "docs" / "settings.md"
_HEAD = f"""# Settings of the server

<!-- made by tools/settings_page.py from src/eikona/apps/api/settings.py -->

`eikona serve` takes each setting from the first of these that knows it:

1. its own options, such as `--port`;
2. the environment: `{PREFIX}` and the name in capitals, such as `{PREFIX}PORT=8421`;
3. the file `{FILE_NAME}` in the data folder, or what `{PREFIX}SETTINGS` names: `port = 8421`;
4. the default.

An unknown name in the file, or a value out of bounds, ends the start with a message. Names end in
their unit: `_s` seconds, `_ms` milliseconds, `_bytes`, `_kib` 1024 bytes.

| setting | kind | default | meaning |
| --- | --- | --- | --- |
"""


def page() -> str:
    """Return the page."""
    shown = Settings.model_json_schema()["properties"]
    return _HEAD + "".join(_row(name, about) for name, about in shown.items())


def _row(name: str, about: dict[str, Any]) -> str:
    kinds = about.get("anyOf", [about])
    kind = next(one for one in kinds if one.get("type") != "null")
    default = about.get("default")
    shown = "" if default in (None, "") else f"`{default}`"
    if name == "data":
        shown = "`$XDG_DATA_HOME/eikona/server` or `~/.local/share/eikona/server`"
    return f"| `{name}` | {_kind(kind)} | {shown} | {about['description']} |\n"


def _kind(kind: dict[str, Any]) -> str:
    if "enum" in kind:
        return ", ".join(f"`{one}`" for one in kind["enum"])
    if kind["type"] != "integer":
        return "path" if kind.get("format") == "path" else "text"
    least, most = kind.get("minimum"), kind.get("maximum")
    bounds = [f"at least {least}" if least is not None else "", f"at most {most}" if most else ""]
    return ", ".join(["whole number", *filter(None, bounds)])


def main(arguments: list[str]) -> int:
    """Write the page, or compare it, and return the exit status."""
    if arguments not in ([], ["--check"]):
        print(__doc__)
        return 2
    if not arguments:
        _PAGE.write_text(page(), encoding="utf-8")
        return 0
    if _PAGE.read_text(encoding="utf-8") == page():
        return 0
    print("docs/settings.md differs from the settings: python tools/settings_page.py")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
