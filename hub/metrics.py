"""What the hub counts, for Prometheus: names of states and codes as labels, never anything of a person."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The counters of one running hub."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.accepted = Counter("hub_accepted", "Inbound messages", ["channel", "result"], registry=r)
        self.accept_batch = Histogram(
            "hub_accept_batch_size", "Messages a commit", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256), registry=r
        )
        self.accept_waiting = Gauge("hub_accept_waiting", "Webhooks waiting for a commit", registry=r)
        self.react_seconds = Histogram("hub_react_seconds", "From accepted to answered", buckets=_FAST, registry=r)
        self.react_waiting = Gauge("hub_react_waiting", "Threads with unread messages", registry=r)
        self.react_errors = Counter("hub_react_errors", "Messages the bot could not handle", ["code"], registry=r)
        self.understood = Counter(
            "hub_understood",
            "Texts by whose word on them counted, and why; counted where a Rasa server or the second stage is set up",
            ["engine", "reason"],
            registry=r,
        )
        self.rasa_up = Gauge("hub_rasa_up", "Whether the Rasa server is asked", registry=r)
        self.urgent = Counter("hub_urgent", "Messages screened as urgent", ["level"], registry=r)
        self.decisions = Counter("hub_decisions", "Decisions on intents", ["decision", "rule"], registry=r)
        self.deliveries = Counter("hub_deliveries", "Deliveries by state reached", ["channel", "state"], registry=r)
        self.attempts = Counter("hub_attempts", "Provider calls by outcome", ["channel", "outcome"], registry=r)
        self.steps = Counter(
            "hub_failover_steps",
            "What came of deliveries that are followed, and where they went on",
            ["cause", "to"],
            registry=r,
        )
        self.webhooks_refused = Counter("hub_webhooks_refused", "Webhooks refused", ["code"], registry=r)
        self.slack_failed = Counter("hub_slack_failed", "Questions that Slack refused", ["code"], registry=r)
        self.commit_seconds = Histogram("hub_commit_seconds", "Group commits", buckets=_FAST, registry=r)
        self.commit_units = Histogram(
            "hub_commit_units", "Units of work a commit", buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256), registry=r
        )
        self.units_again = Counter(
            "hub_units_again", "Units of work undone by another's change, and run again", registry=r
        )
        self.mails = Counter("hub_mails", "Mails that came in, by what became of them", ["outcome"], registry=r)
        self.hl7_messages = Counter(
            "hub_hl7_messages", "HL7 messages, by what became of them", ["kind", "outcome"], registry=r
        )
        self.hl7_failed = Gauge("hub_hl7_failed", "HL7 messages that could not be applied and wait", registry=r)
        self.hl7_connections = Gauge("hub_hl7_connections", "Connections that HL7 messages come by", registry=r)
        self.hl7_closed = Counter("hub_hl7_closed", "Such connections that ended, and why", ["code"], registry=r)
        self.files = Counter(
            "hub_files", "Files that came in, by what became of them", ["channel", "outcome"], registry=r
        )
        self.jobs = Counter("hub_jobs", "Attempts at jobs by outcome", ["job", "outcome"], registry=r)
        self.jobs_waiting = Gauge("hub_jobs_waiting", "Jobs that are due and not yet begun", registry=r)

        self.live_events = Counter("hub_live_events", "Changes taken into the feed", ["source"], registry=r)
        self.wakeups = Counter("hub_wakeups", "Wake-ups between processes", ["topic", "result"], registry=r)
        self.redis_up = Gauge("hub_redis_up", "Whether Redis answers", registry=r)
        self.redis_connects = Counter("hub_redis_connects", "Times that Redis was found", registry=r)

    def page(self) -> bytes:
        """The counters in Prometheus's text format."""
        return generate_latest(self.registry)
