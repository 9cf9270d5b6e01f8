import importlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_packages_without_wheels_are_left_out_of_the_pins(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    environment = importlib.import_module("bootstrap.environment")
    pins = (ROOT / "requirements" / "run.lock").read_text(encoding="ascii")
    left = environment.without(environment._NOT_FOR_MUSL, pins)

    def packages(text):
        """Name each package, with how many digests it has."""
        counted, name = {}, ""
        for line in text.splitlines():
            if "==" in line:
                name = line.split("==")[0]
            counted[name] = counted.get(name, 0) + line.count("--hash=")
        return counted

    every = packages(pins)
    gone = {name: every.pop(name) for name in ("llvmlite", "numba")}
    assert min(gone.values()) > 1
    assert packages(left) == every
