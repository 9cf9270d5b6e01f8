"""The code of identities against its definition, and against noise."""

import hashlib
import hmac

import numpy as np
import pytest

from eikona.marking.watermark.coding import CODE_BITS, code_signs, decode, encode

KEY = b"key"
GENERATORS = ("100110011010001", "101001010111001", "110011110110111", "111000101011101")


def _slow_encode(bits):
    """Write the tail-biting code out: window of 15 bits, newest first, around a circle."""
    code = []
    for place in range(len(bits)):
        window = [bits[(place - back) % len(bits)] for back in range(15)]
        for generator in GENERATORS:
            taps = (bit for bit, tap in zip(window, generator, strict=True) if tap == "1")
            code.append(sum(taps) % 2)
    return code


@pytest.mark.parametrize("identity", [0, 1, 2**64 - 1, 0x123456789ABCDEF0])
def test_is_the_code_of_its_generators(identity):
    code = encode(identity, KEY)
    # The bits are not told, but each follows from its code bits: both ways give the same circle.
    bits = [int(bit) for bit in f"{identity:064b}"]
    slow = _slow_encode([*bits, *_check_bits(identity)])
    assert code.tolist() == slow


def _check_bits(identity):
    message = b"eikona mark 1 check" + identity.to_bytes(8, "big")
    digest = hmac.new(KEY, message, hashlib.sha256).digest()
    return [int(bit) for bit in f"{int.from_bytes(digest, 'big'):0256b}"[:36]]


def test_decodes_what_noise_left():
    random = np.random.default_rng(3)
    for identity in (0, 77, 2**64 - 1):
        soft = code_signs(identity, KEY) + random.normal(0, 1.1, CODE_BITS)
        assert decode(soft, KEY) == identity


def test_decodes_with_bits_missing():
    soft = code_signs(12345, KEY)
    soft[::2] = 0
    assert decode(soft, KEY) == 12345


def test_noise_alone_is_no_identity():
    random = np.random.default_rng(4)
    assert all(decode(random.normal(size=CODE_BITS), KEY) is None for _ in range(20))


def test_another_key_does_not_pass_the_check():
    assert decode(code_signs(5, KEY), b"other") is None
