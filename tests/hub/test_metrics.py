"""What is counted says nothing of anyone."""

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from hub.metrics import Metrics

LABELS = {
    "cause",
    "channel",
    "code",
    "decision",
    "engine",
    "job",
    "kind",
    "level",
    "outcome",
    "reason",
    "result",
    "rule",
    "source",
    "state",
    "to",
    "topic",
}


def wrapped(metrics: Metrics) -> list[MetricWrapperBase]:
    return [one for one in vars(metrics).values() if isinstance(one, MetricWrapperBase)]


def test_labels_are_states_and_codes_and_nothing_of_a_person() -> None:
    found = {label for one in wrapped(Metrics()) for label in one._labelnames}

    assert found == LABELS


def test_every_metric_is_on_the_page_under_the_products_name() -> None:
    metrics = Metrics()
    page = metrics.page().decode()

    names = [one.describe()[0].name for one in wrapped(metrics)]

    assert names
    assert all(name.startswith("hub_") and f"# TYPE {name}" in page for name in names)


def test_what_was_counted_is_on_the_page() -> None:
    metrics = Metrics()

    metrics.accepted.labels("sms", "new").inc()
    metrics.accept_waiting.set(3)
    metrics.commit_units.observe(5)

    page = metrics.page().decode()
    assert 'hub_accepted_total{channel="sms",result="new"} 1.0' in page
    assert "hub_accept_waiting 3.0" in page
    assert 'hub_commit_units_bucket{le="8.0"} 1.0' in page


def test_two_hubs_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()

    one.accepted.labels("sms", "new").inc()

    assert isinstance(one.registry, CollectorRegistry)
    assert other.registry.get_sample_value("hub_accepted_total", {"channel": "sms", "result": "new"}) is None
