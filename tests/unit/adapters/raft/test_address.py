import pytest

from eikona.adapters.raft.address import Address, check_private, parse_address
from eikona.domain.errors import UnsafeAddressError, UsageError


@pytest.mark.parametrize(
    ("text", "address"),
    [("127.0.0.1:7400", Address("127.0.0.1", 7400)), ("[::1]:7400", Address("::1", 7400))],
)
def test_an_address_is_a_host_and_a_port(text, address):
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "7400", ":7400", "host:", "host:x", "host:65536", "host:-1"])
def test_anything_else_is_none(text):
    with pytest.raises(UsageError, match="address"):
        parse_address(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "::1", "fd00::1"])
def test_loopback_and_private_networks_are_inside(host):
    check_private(Address(host, 7400))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "8.8.8.8", "2001:4860:4860::8888"])
def test_the_rest_is_outside(host):
    with pytest.raises(UnsafeAddressError, match="outside"):
        check_private(Address(host, 7400))
