import json
from dataclasses import replace

import pytest

from eikona.adapters.keys.ed25519 import new_key, verify_signature
from eikona.adapters.quorum.description import (
    FORMAT,
    GatewayDescription,
    NodeDescription,
    QuorumDescription,
    description_bytes,
    description_from,
    read_card,
    read_description,
    sign_description,
    write_card,
    write_description,
)
from eikona.balloting.records import record_of
from eikona.balloting.statements import key_id
from eikona.domain.errors import BadSignatureError, MalformedError, QuorumError

KEY = new_key()
NODE = NodeDescription("n1", "10.0.0.1:7400", "ab", bytes(32), "eikona")
DESCRIBED = QuorumDescription(
    format=FORMAT,
    serial=1,
    quorum=key_id(KEY.public_key),
    administrator=KEY.public_key,
    policy="robust",
    engine="raft",
    endpoints=(),
    gateway=GatewayDescription("10.0.0.9:7400", "cd"),
    operator="ef",
    nodes=(NODE,),
)


def test_a_description_is_read_as_it_was_written(tmp_path):
    write_description(tmp_path / "quorum.json", DESCRIBED)
    assert read_description(tmp_path / "quorum.json") == DESCRIBED


def test_the_form_before_is_read(tmp_path):
    record = {**record_of(DESCRIBED), "format": 1}
    for name in ("serial", "engine", "endpoints"):
        del record[name]
    record["nodes"] = [{k: v for k, v in record["nodes"][0].items() if k != "joins"}]
    (tmp_path / "quorum.json").write_text(json.dumps(record))
    assert read_description(tmp_path / "quorum.json") == DESCRIBED


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"format": 1}', '{"format": 1, "nodes": [1]}']
)
def test_what_describes_no_quorum_is_refused(tmp_path, content):
    (tmp_path / "quorum.json").write_text(content)
    with pytest.raises(QuorumError, match="describes no quorum"):
        read_description(tmp_path / "quorum.json")


def test_a_missing_description_says_what_to_do(tmp_path):
    with pytest.raises(QuorumError, match="quorum up"):
        read_description(tmp_path / "quorum.json")


def test_a_card_is_read_as_it_was_written(tmp_path):
    write_card(tmp_path / "n1.json", NODE)
    assert read_card(tmp_path / "n1.json") == NODE
    write_description(tmp_path / "quorum.json", DESCRIBED)
    for wrong in (tmp_path / "quorum.json", tmp_path / "none"):
        with pytest.raises(QuorumError, match="describes no node"):
            read_card(wrong)


def test_a_signed_description_is_believed_with_the_administrators_signature_alone():
    signed = sign_description(DESCRIBED, KEY)

    def read(one, administrator=KEY.public_key):
        content = description_bytes(one)
        return description_from(content, administrator=administrator, verify=verify_signature)

    assert read(signed) == DESCRIBED
    changed = replace(signed, description=replace(DESCRIBED, serial=2))
    other = new_key()
    for one in (changed, sign_description(DESCRIBED, other)):
        with pytest.raises(BadSignatureError):
            read(one)
    with pytest.raises(BadSignatureError):
        read(signed, other.public_key)
    with pytest.raises(MalformedError):
        description_from(b"{}", administrator=KEY.public_key, verify=verify_signature)
