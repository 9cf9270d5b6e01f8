"""The quorum as a person sees it: lines for a status, and a table that lives in a terminal."""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from eikona.apps.cli.records import Record, counted, printable

if TYPE_CHECKING:
    from rich.console import RenderableType

_NEWEST = 8  # cases in the live view
_TOLD = 4  # sentences below it


def status_lines(status: Record) -> Iterator[str]:
    """Yield what ``status`` says."""
    cases, reference = status["cases"], status["reference"]
    leader = status["leader"] or "nobody"
    yield (
        f"{leader} leads; {counted(cases['waiting'], 'case')} waiting, {cases['held']} of them"
        f" held; {counted(reference['pictures'], 'reference picture')}, list"
        f" {reference['version']}"
    )
    yield from troubles(status)
    yield _roster_text(status["roster"])
    if preparing := getting_ready(status):
        yield preparing
    for node in status["nodes"]:
        yield f"  {node['node']:<4} {_node_text(node)}"


def troubles(status: Record, *, of_nodes: bool = True) -> Iterator[str]:
    """Yield what keeps reference pictures from being guarded; all of it, or the folder's alone."""
    reference = status["reference"]
    if reference["trouble"]:
        yield f"WARNING: {printable(reference['trouble'])}"
    by_nodes: dict[tuple[str, ...], list[str]] = {}
    for name, nodes in reference["unreadable"].items() if of_nodes else ():
        by_nodes.setdefault(tuple(nodes), []).append(name)
    for nodes, names in by_nodes.items():
        named = ", ".join(map(printable, names))
        yield f"WARNING: {', '.join(nodes)} cannot decode, and find no copies of: {named}"


def getting_ready(status: Record) -> str:
    """Return what nodes are at before they can rule for the first time; nothing where they can."""
    away = [node["node"] for node in status["nodes"] if not node["connected"]]
    if not status["roster"]["in_force"]:
        missing = f"; not there yet: {', '.join(away)}" if away else ""
        return f"getting ready: the nodes agree on their roster{missing}"
    version = status["reference"]["version"]
    there = [node for node in status["nodes"] if node["connected"]]
    if not there:
        return "getting ready: no node is there"
    if all(node["bank_version"] for node in there):
        return ""
    behind = [node for node in there if not node["bank_version"]]
    done = sum(node["hashed"][0] for node in behind)
    total = len(behind) * status["reference"]["pictures"]
    names = ", ".join(f"{node['node']} {node['hashed'][0]}" for node in behind)
    return f"getting ready: reference {version} is hashed, {done} of {total} pictures ({names})"


def _roster_text(roster: Record) -> str:
    if not roster["in_force"]:
        return "no roster in force yet"
    seats = ", ".join(f"{node} {key[:8]}" for node, key in roster["seats"].items())
    coming = ""
    if roster["coming"] is not None:
        waits = ", ".join(roster["waits_for"])
        coming = f"; roster {roster['coming']} is coming" + (f", waits for {waits}" * bool(waits))
    return f"roster {roster['in_force']}: {seats}{coming}"


def ballot_text(event: Record) -> str:
    """Return a ballot in one line."""
    nearest = "nothing near"
    if event["nearest"] is not None:
        nearest = f"{printable(event['nearest'])} at {event['distance']}"
    why = f"; {printable(event['note'])}" if event["note"] else ""
    return (
        f"{event['node']}: {event['outcome']} by {printable(event['rule'])}, {nearest},"
        f" bank {event['bank_version']}{why}"
    )


def ruling_text(event: Record) -> str:
    """Return a ruling in one line, with what it rests on."""
    took = f" after {event['took_ms']:.0f} ms" if "took_ms" in event else ""
    place = f"decision {event['position']}, case {event['case']}"
    return f"ruled {event['outcome']}{took}, {_count_text(event)}; {place}"


def _count_text(event: Record) -> str:
    count = event["count"]
    alive, needed = count["alive"], count["needed"]
    match = count["block"] + count["review"]
    if event["outcome"] == "block":
        return f"{count['block']} of {alive} for block, {needed} are needed"
    if event["outcome"] == "review":
        return (
            f"{match} of {alive} not clear, {count['block']} of them for block, {needed} are needed"
        )
    if not match:
        return f"{count['clear']} of {alive} clear, {needed} would have to be against it"
    return f"{match} of {alive} not clear, {needed} are needed"


class LiveView:
    """Holds what is shown; whoever draws it asks for it now and then."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._cases: dict[str, dict[str, Any]] = {}
        self._told: deque[str] = deque(maxlen=_TOLD)

    def notice(self, event: Record) -> None:
        """Take what becomes known of a case."""
        case = self._cases.setdefault(event["case"], {"ballots": {}, "state": "", "took": ""})
        match event["event"]:
            case "ballot":
                case["ballots"][event["node"]] = event["outcome"]
            case "ruled":
                case["state"], case["took"] = event["outcome"], f"{event['took_ms']:.0f} ms"
            case state:
                case["state"] = state
        while len(self._cases) > _NEWEST:
            self._cases.pop(next(iter(self._cases)))

    def say(self, sentence: str) -> None:
        """Show a sentence below the table."""
        self._told.append(sentence)

    def drawn(self, status: Record) -> "RenderableType":
        """Return the view."""
        from rich.console import Group  # noqa: PLC0415  only needed here
        from rich.table import Table  # noqa: PLC0415

        nodes = Table("node", "role", "log", "lag", "reaches", "bank", "receipts", "rule")
        for node in status["nodes"]:
            nodes.add_row(*_cells(node))
        cases = Table("case", "ruling", "took", "ballots")
        for name, case in reversed(list(self._cases.items())):
            ballots = "  ".join(f"{node} {said}" for node, said in sorted(case["ballots"].items()))
            cases.add_row(name, case["state"], case["took"], ballots)
        head = [line for line in status_lines(status) if not line.startswith(" ")]
        shown = [nodes, cases] if self._cases else [nodes]
        return Group(*head, *shown, *(printable(line) for line in self._told))


def _cells(node: Record) -> tuple[str, ...]:
    if not node["connected"]:
        return (node["node"], "away", "", "", "", "", "", node.get("rule", ""))
    role = node["role"] + (" (lost)" if node["node"] in node["lost"] else "")
    return (
        node["node"],
        role,
        str(node["position"]),
        str(node["lag"]),
        str(len(node["reached"])),
        _bank_text(node),
        str(node["archived"]),
        node["rule"],
    )


def _bank_text(node: Record) -> str:
    """Return the version of a node's bank, or how many pictures it has hashed for its first."""
    done, total = node["hashed"]
    return str(node["bank_version"]) if node["bank_version"] else f"{done} of {total}"


def _node_text(node: Record) -> str:
    if not node["connected"]:
        return f"away: {printable(node['ended'])}" if node["ended"] else "away"
    lost = ", counts as lost" if node["node"] in node["lost"] else ""
    trouble = f"; {printable(node['trouble'])}" if node["trouble"] else ""
    return (
        f"{node['role']}{lost}, log {node['position']}, lag {node['lag']}, reaches"
        f" {counted(len(node['reached']), 'node')}, bank {_bank_text(node)},"
        f" {counted(node['ruled'], 'ruling')}, {node['rule']}{trouble}"
    )
