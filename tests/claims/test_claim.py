"""Claims read as sentences, and refuse nonsense."""

import pytest
from pydantic import TypeAdapter, ValidationError

from seedtrial.claims.claim import AnyClaim, Claim
from seedtrial.claims.contract import ClaimKind

CLAIMS = {
    Claim.beats("a", "b"): "a beats b",
    Claim.equals("a", "b", within=0.5): "a equals b within 0.5 points",
    Claim.best("a"): "a is the best",
    Claim.worst("a"): "a is the worst",
    Claim.beats("a", "b", by=(0.5, 1)): "a beats b by 0.5 to 1 points",
    Claim.scores("a", low=88, high=89): "a scores 88 to 89 %",
    Claim.reaches("a", 92): "a reaches 92 %",
    Claim.errs_less("a", "b", by=(25, 35)): "a makes 25 to 35 % fewer errors than b",
    Claim.overfits_less("a", "b"): "a overfits less than b",
    Claim.trains_within("a", "b", times=1.5): "a trains at most 1.5 times as long as b",
    Claim.separates("a", "b", classes=("x", "y")): "a separates x and y better than b",
    Claim.confuses("a", ("x", "y"), ("v", "w")): "most of a's mistakes lie within {x, y} or {v, w}",
}


@pytest.mark.parametrize("claim", CLAIMS, ids=str)
def test_a_claim_reads_as_a_sentence(claim: ClaimKind) -> None:
    assert str(claim) == CLAIMS[claim]


@pytest.mark.parametrize(
    "values, match",
    [
        ({"kind": "beats", "a": "a"}, "beats.b\n  Field required"),
        ({"kind": "best", "a": "a", "b": "b"}, "best.b\n  Extra inputs are not permitted"),
        ({"kind": "equals", "a": "a", "b": "b"}, "equals.within\n  Field required"),
        ({"kind": "beats", "a": "a", "b": "b", "within": 1}, "beats.within\n  Extra inputs are not permitted"),
        ({"kind": "equals", "a": "a", "b": "b", "within": 0}, "greater than 0"),
        ({"kind": "beats", "a": "a", "b": "a"}, "'a' cannot be compared with itself"),
        ({"kind": "worse", "a": "a", "b": "b"}, "'beats', 'beats_by', 'equals'"),
        ({"kind": "scores", "a": "a", "accuracy": (89, 88)}, "should be below the most, not 89 and 88"),
        ({"kind": "trains_within", "a": "a", "b": "b", "times": 0}, "greater than 0"),
        ({"kind": "separates", "a": "a", "b": "b", "classes": ("x", "x")}, "a class is named twice in x, x"),
        ({"kind": "confuses", "a": "a", "groups": (("x", "y"), ("y", "z"))}, "named twice in x, y, y, z"),
        ({"kind": "confuses", "a": "a", "groups": (("x",),)}, "at least 2 items"),
        ({"kind": "confuses", "a": "a", "groups": ()}, "at least 1 item"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_a_claim_that_says_too_little_or_too_much_is_refused(values: dict[str, object], match: str) -> None:
    with pytest.raises(ValidationError, match=match):
        TypeAdapter(AnyClaim).validate_python(values)


def test_every_kind_of_claim_can_be_written_down_and_read_again() -> None:
    for claim in CLAIMS:
        assert TypeAdapter(AnyClaim).validate_python(claim.model_dump()) == claim
