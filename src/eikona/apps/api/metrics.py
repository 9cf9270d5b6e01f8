"""What Prometheus is told."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.04, 0.06, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Metrics:
    """Numbers of one server."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "eikona_requests",
            "Answered requests.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "eikona_request_seconds",
            "Time to the last byte of an answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.under_way = Gauge(
            "eikona_requests_under_way", "Requests not answered yet.", registry=self.registry
        )
        self.stage_seconds = Histogram(
            "eikona_stage_seconds",
            "Time that a stage took.",
            ("stage",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.outcomes = Counter(
            "eikona_outcomes",
            "Outcomes, by what gave them.",
            ("source", "outcome"),
            registry=self.registry,
        )
        self.waiting_writes = Gauge(
            "eikona_waiting_writes", "Writes that wait for the database.", registry=self.registry
        )
        self.held_posts = Gauge(
            "eikona_posts_before_quorum", "Posts that wait for a ruling.", registry=self.registry
        )
