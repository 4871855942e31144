"""What /metrics says can be read by Prometheus, and several processes count together."""

import mmap
import re

from seedtrial.serving.metrics import BOUNDS, ServerMetrics, shared_size

FAMILY = re.compile(
    r"# HELP (?P<name>[a-z_]+) (?P<help>[^\n]+\.)\n# TYPE (?P=name) (?P<kind>counter|gauge|histogram)\n"
    r"(?P<samples>(?:(?P=name)[^\n]*\n)+)"
)
SAMPLE = re.compile(r'(?P<name>[a-z_]+)(?P<labels>\{[a-z]+="[^"\n]*"\})? (?P<value>[0-9.e+-]+)')


def families(text: str) -> dict[str, tuple[str, dict[str, float]]]:
    """Kind and samples by name. Fails on whatever is not HELP, TYPE and samples, in this order."""
    found = {}
    for family in FAMILY.finditer(text):
        samples = {}
        for line in family["samples"].splitlines():
            sample = SAMPLE.fullmatch(line)
            assert sample is not None, line
            key = sample["name"].removeprefix(family["name"]) + (sample["labels"] or "")
            assert key not in samples, line
            samples[key] = float(sample["value"])
        assert family["name"] not in found
        found[family["name"]] = family["kind"], samples
    assert FAMILY.sub("", text) == "", "something between the families"
    return found


def counted() -> ServerMetrics:
    metrics = ServerMetrics()
    for status in (200, 200, 503, 418):
        metrics.answered(status)
    metrics.begun(1)
    for seconds in (0.0004, 0.001, 0.0011, 99.0):
        metrics.predicted(3, 1, seconds)
    return metrics


def test_every_family_says_what_it_is() -> None:
    found = families(counted().text())
    assert all(name.endswith("_total") == (kind == "counter") for name, (kind, _) in found.items())
    assert all(name.startswith("seedtrial_") for name in found)
    assert found["seedtrial_requests_total"][1] == {'{status="200"}': 2, '{status="503"}': 1, '{status="other"}': 1}
    assert found["seedtrial_pictures_total"][1] == {"": 12} and found["seedtrial_looks_like_none_total"][1] == {"": 4}
    assert found["seedtrial_requests_in_progress"] == ("gauge", {"": 1})


def test_the_histogram_of_seconds_adds_up() -> None:
    kind, samples = families(counted().text())["seedtrial_predict_seconds"]
    buckets = [count for name, count in samples.items() if name.startswith("_bucket")]
    assert kind == "histogram" and list(samples)[-3:] == ['_bucket{le="+Inf"}', "_sum", "_count"]
    assert samples['_bucket{le="0.001"}'] == 2 and samples['_bucket{le="0.0025"}'] == 3  # a bound belongs to its bucket
    assert len(buckets) == len(BOUNDS) + 1 and buckets == sorted(buckets)
    assert samples['_bucket{le="+Inf"}'] == samples["_count"] == 4 and samples["_sum"] == 0.0004 + 0.001 + 0.0011 + 99


def test_processes_count_in_rows_of_their_own_and_show_the_sum() -> None:
    memory = mmap.mmap(-1, shared_size(3))
    first, second = ServerMetrics(memory, 0), ServerMetrics(memory, 2)
    for each in (first, second, second):
        each.predicted(1, 0, 0.1)
        each.begun(1)
    assert first.text() == second.text() and first.in_progress == 3
    found = families(first.text())
    assert found["seedtrial_pictures_total"][1] == {"": 3} and found["seedtrial_workers"][1] == {"": 2}
    # A process that is started again goes on counting, without what the dead one had begun.
    again = ServerMetrics(memory, 2)
    assert families(again.text())["seedtrial_pictures_total"][1] == {"": 3} and again.in_progress == 1
