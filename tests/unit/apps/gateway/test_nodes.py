import time

from eikona.apps.gateway.nodes import Nodes


def nodes(**statuses):
    made = Nodes(statuses)
    for name, status in statuses.items():
        line = made.by_name[name]
        line.status, line.heard_at = status, time.monotonic()
    return made


def test_one_that_only_stands_for_election_does_not_hide_who_leads():
    led = {"term": 4, "leader": "n1"}
    assert nodes(n1=led, n2=led, n3={"term": 5, "leader": None}).leader == "n1"
    assert nodes(n1=led, n2={"term": 5, "leader": "n2"}).leader == "n2"
    assert nodes(n1={"term": 5, "leader": None}).leader is None


def test_pictures_that_do_not_decode_are_told_with_who_says_so():
    said = nodes(n1={"unreadable": ["a", "b"]}, n2={"unreadable": ["a"]}, n3={})
    assert said.unreadable() == {"a": ["n1", "n2"], "b": ["n1"]}
