"""Marks and reads with other programs; needs blind-watermark, NumPy and Pillow, not Eikona.

usage: PYTHON peer_process.py PICTURE…
"""

import hashlib
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.marking.attacks import ATTACKS, attacked

_BITS = 64


class Lsb:
    """The last bit of every blue level, repeating the identity."""

    name = "LSB"

    def embed(self, pixels, bits):
        out = pixels.copy()
        blue = out[..., 2].ravel()
        out[..., 2] = ((blue & 254) | np.resize(bits, blue.size)).reshape(out.shape[:2])
        return out

    def read(self, pixels):
        last = pixels[..., 2].ravel() & 1
        usable = last[: last.size // _BITS * _BITS].reshape(-1, _BITS)
        return (usable.mean(axis=0) > 0.5).astype(np.uint8)


class BlindWatermark:
    """blind-watermark with its defaults."""

    name = "blind-watermark"

    def __init__(self):
        import blind_watermark  # noqa: PLC0415  its import is slow and prints

        blind_watermark.bw_notes.close()
        self._make = lambda: blind_watermark.WaterMark(password_img=1, password_wm=1)

    def embed(self, pixels, bits):
        mark = self._make()
        mark.read_img(img=np.ascontiguousarray(pixels[..., ::-1]))
        mark.read_wm(bits.astype(bool), mode="bit")
        out = mark.embed()
        return np.ascontiguousarray(np.clip(np.rint(out), 0, 255).astype(np.uint8)[..., ::-1])

    def read(self, pixels):
        found = self._make().extract(
            embed_img=np.ascontiguousarray(pixels[..., ::-1]), wm_shape=_BITS, mode="bit"
        )
        return (np.asarray(found) > 0.5).astype(np.uint8)


def measure(peer, paths):
    """Return the row of one peer."""
    read = {attack: [] for attack in ("as it was marked", *ATTACKS)}
    psnr, embed_s, read_s, megapixels = [], [], [], []
    for path in paths:
        pixels = np.asarray(Image.open(path).convert("RGB"))
        digest = hashlib.sha256(b"identity " + path.name.encode()).digest()[:8]
        bits = np.unpackbits(np.frombuffer(digest, np.uint8))
        started = time.process_time()
        marked = peer.embed(pixels, bits)
        embed_s.append(time.process_time() - started)
        error = np.mean((marked.astype(float) - pixels) ** 2)
        psnr.append(10 * math.log10(255**2 / max(error, 1e-9)))
        megapixels.append(pixels.shape[0] * pixels.shape[1] / 1e6)
        copy = Image.fromarray(marked)
        for attack, hits in read.items():
            altered = copy if attack not in ATTACKS else attacked(copy, attack, path.name)
            started = time.process_time()
            try:
                hits.append(bool((peer.read(np.asarray(altered)) == bits).all()))
            except Exception:  # noqa: BLE001  a peer that fails has not read
                hits.append(False)
            read_s.append(time.process_time() - started)
    return {
        "what": peer.name,
        "pictures": len(psnr),
        "megapixels": round(float(np.mean(megapixels)), 3),
        "psnr": {"mean": round(float(np.mean(psnr)), 3), "least": round(min(psnr), 3)},
        "embed_s": round(float(np.median(embed_s)), 4),
        "read_s": round(float(np.median(read_s)), 4),
        "attacks": {attack: round(float(np.mean(hits)), 5) for attack, hits in read.items()},
    }


if __name__ == "__main__":
    pictures = [Path(name) for name in sys.argv[1:]]
    for one in (Lsb(), BlindWatermark()):
        sys.stdout.write(json.dumps(measure(one, pictures)) + "\n")
