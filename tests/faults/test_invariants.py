"""The checker is content with a good run, and says what is wrong with each kind of bad one."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.faults.history import Input
from tests.faults.invariants import Evidence, Stored, check

MARIA, NOAH, ELSEWHERE = ("T1", "+14155550111"), ("T1", "+14155550112"), ("T2", "+14155550111")


def given(token: str, place: tuple[str, str], sent: float, acknowledged: float | None) -> Input:
    """An input."""
    return Input(token, "in" if token.startswith("i") else "out", *place, sent, acknowledged)


def a_good_run() -> Evidence:
    """Two conversations, each with two texts and two replies; one text was never acknowledged."""
    return Evidence(
        inputs=[
            given("i000001", MARIA, 1, 2),
            given("i000002", MARIA, 3, 4),
            given("o000003", MARIA, 3, 4),
            given("o000004", MARIA, 5, 6),
            given("i000005", NOAH, 1, 2),
            given("i000006", NOAH, 3, None),
            given("o000007", NOAH, 3, 4),
        ],
        stored=[
            Stored(1, "i000001", MARIA, "received"),
            Stored(2, "i000005", NOAH, "received"),
            Stored(3, "o000003", MARIA, "delivered"),
            Stored(4, "i000002", MARIA, "received"),
            Stored(5, "o000004", MARIA, "sent"),
            Stored(6, "o000007", NOAH, "doubt"),
        ],
        shown={MARIA: ["i000001", "i000002"], NOAH: ["i000005"]},
        texted={MARIA: ["o000003", "o000004"]},
        waited={"i000001": 0.1, "o000003": 40.0},
        roots=Counter([MARIA, NOAH]),
        told=frozenset({"o000007"}),
    )


def test_a_good_run_is_good() -> None:
    found = check(a_good_run(), late_after=30)
    assert found.problems == []
    assert (found.sent, found.acknowledged, found.told, found.late) == (7, 6, 1, 1)
    assert (found.lost, found.doubled, found.out_of_order) == (0, 0, 0)


def _never_stored(run: Evidence) -> None:
    run.stored = [row for row in run.stored if row.token != "i000005"]


def _never_shown(run: Evidence) -> None:
    run.shown[NOAH].remove("i000005")


def _never_texted(run: Evidence) -> None:
    run.texted[MARIA].remove("o000004")


def _silently_dropped(run: Evidence) -> None:
    run.told = frozenset()


@pytest.mark.parametrize("spoil", [_never_stored, _never_shown, _never_texted, _silently_dropped])
def test_what_is_lost_is_told(spoil: Callable[[Evidence], None]) -> None:
    run = a_good_run()
    spoil(run)
    found = check(run)
    assert found.lost == 1
    assert found.problems[0].startswith("I1 ")


def _shown_twice(run: Evidence) -> None:
    run.shown[MARIA].append("i000002")


def _texted_twice(run: Evidence) -> None:
    run.texted[MARIA].insert(0, "o000003")


def _stored_twice(run: Evidence) -> None:
    run.stored = [*run.stored, Stored(9, "i000005", NOAH, "received")]


def _split(run: Evidence) -> None:
    run.roots[NOAH] += 1


def _unacknowledged_and_twice(run: Evidence) -> None:
    run.stored = [*run.stored, Stored(8, "i000006", NOAH, "received")]
    run.shown[NOAH] += ["i000006", "i000006"]


@pytest.mark.parametrize("spoil", [_shown_twice, _texted_twice, _stored_twice, _split, _unacknowledged_and_twice])
def test_what_is_doubled_is_told(spoil: Callable[[Evidence], None]) -> None:
    run = a_good_run()
    spoil(run)
    found = check(run)
    assert (found.lost, found.doubled) == (0, 1)
    assert all(problem.startswith("I2 ") for problem in found.problems)


def _shown_in_another_order(run: Evidence) -> None:
    run.shown[MARIA].reverse()


def _texted_in_another_order(run: Evidence) -> None:
    run.texted[MARIA].reverse()


def _stored_before_what_was_acknowledged(run: Evidence) -> None:
    run.stored = [row for row in run.stored if row.token not in {"i000001", "i000002"}] + [
        Stored(1, "i000002", MARIA, "received"),
        Stored(4, "i000001", MARIA, "received"),
    ]
    run.shown[MARIA].reverse()


@pytest.mark.parametrize(
    "spoil", [_shown_in_another_order, _texted_in_another_order, _stored_before_what_was_acknowledged]
)
def test_another_order_is_told(spoil: Callable[[Evidence], None]) -> None:
    run = a_good_run()
    spoil(run)
    found = check(run)
    assert (found.lost, found.doubled, found.out_of_order) == (0, 0, 1)
    assert found.problems[0].startswith("I3 ")


def _to_another_lead(run: Evidence) -> None:
    run.texted[MARIA].remove("o000004")
    run.texted[NOAH] = ["o000004"]


def _to_another_firm(run: Evidence) -> None:
    run.shown[ELSEWHERE] = [run.shown[NOAH].pop()]


def _stored_elsewhere(run: Evidence) -> None:
    run.stored = [row for row in run.stored if row.token != "i000005"] + [
        Stored(2, "i000005", ELSEWHERE, "received")
    ]


@pytest.mark.parametrize("spoil", [_to_another_lead, _to_another_firm, _stored_elsewhere])
def test_what_goes_astray_is_told(spoil: Callable[[Evidence], None]) -> None:
    run = a_good_run()
    spoil(run)
    found = check(run)
    assert len(found.problems) == 1
    assert found.problems[0].startswith("I2 ")


@pytest.mark.parametrize(
    ("name", "number"), [("overdue", "I4"), ("damage", "I5"), ("leaks", "I6"), ("incidents", "a bug:")]
)
def test_what_others_have_found_is_told(name: str, number: str) -> None:
    run = a_good_run()
    setattr(run, name, ["something"])
    assert check(run).problems == [f"{number} something"]


def test_a_loop_that_was_blocked_is_told() -> None:
    run = a_good_run()
    run.slowest_health = 4.2
    assert check(run).problems == ["I7 /healthz took 4.2 seconds"]
