"""What two-way SMS costs, what counts, and when a month begins."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.plans import Price, level, month_of
from bridge.rules.preferences import Preferences
from bridge.rules.sending import PAID_FOR, Purpose
from bridge.views.usage import bill, how, of_addon

PRICE = Price(Decimal(15), Decimal("0.06"), 250, "usd")
CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.rows(28)
def test_the_price_is_one_sentence() -> None:
    assert PRICE.sentence == "$15/month + $0.06 per outbound message over 250/month"


@pytest.mark.parametrize(
    ("price", "said"),
    [
        (("19.5", "0.1", 1000, "usd"), "$19.50/month + $0.10 per outbound message over 1,000/month"),
        (("0.00", "0.0575", 0, "cad"), "CA$0/month + CA$0.0575 per outbound message over 0/month"),
        (("1500.00", "1.0", 1, "usd"), "$1,500/month + $1 per outbound message over 1/month"),
        (("10", "20", 5, "usd"), "$10/month + $20 per outbound message over 5/month"),
    ],
)
def test_other_amounts_read_as_well(price: tuple[str, str, int, str], said: str) -> None:
    a_month, a_text, allowance, currency = price
    assert Price(Decimal(a_month), Decimal(a_text), allowance, currency).sentence == said


@pytest.mark.rows(30)
@pytest.mark.parametrize(
    ("texts", "over", "cost"),
    [
        (0, 0, "$15.00"), (1, 0, "$15.00"), (249, 0, "$15.00"), (250, 0, "$15.00"), (251, 1, "$15.06"),
        (260, 10, "$15.60"), (1_000, 750, "$60.00"), (100_250, 100_000, "$6,015.00"),
    ],
)  # fmt: skip
def test_what_a_month_costs(texts: int, over: int, cost: str) -> None:
    assert (PRICE.over(texts), PRICE.summed(PRICE.cost(texts))) == (over, cost)


@given(st.integers(0, 10**7))
def test_each_text_beyond_the_allowance_costs_the_same_and_none_of_the_others_anything(texts: int) -> None:
    more = PRICE.cost(texts + 1) - PRICE.cost(texts)
    assert more == (PRICE.per_text if texts >= PRICE.allowance else 0)


@pytest.mark.rows(30)
@pytest.mark.parametrize(
    ("a_text", "allowance", "currency", "texts", "exact", "said"),
    [
        ("0.0079", 0, "usd", 1, "15.0079", "$15.01"), ("0.0079", 0, "usd", 3, "15.0237", "$15.02"),
        ("0.0079", 250, "usd", 250, "15", "$15.00"), ("0.0079", 250, "usd", 10_250, "94.0000", "$94.00"),
        ("0.06", 250, "cad", 260, "15.60", "CA$15.60"), ("0.0075", 1_000, "cad", 1_001, "15.0075", "CA$15.01"),
        ("0", 250, "usd", 9_999, "15", "$15.00"), ("1.005", 0, "usd", 1, "16.005", "$16.01"),
    ],
)  # fmt: skip
def test_other_currencies_and_fractions_of_cents(
    a_text: str, allowance: int, currency: str, texts: int, exact: str, said: str
) -> None:
    price = Price(Decimal(15), Decimal(a_text), allowance, currency)
    assert price.cost(texts) == Decimal(exact)
    assert price.summed(price.cost(texts)) == said


PRICES = st.builds(
    Price,
    st.decimals(0, 10_000, places=2),
    st.decimals(0, 10, places=6),
    st.integers(0, 10_000),
    st.sampled_from(["usd", "cad"]),
)


@given(PRICES, st.integers(0, 10**6), st.integers(0, 10**6))
def test_more_texts_never_cost_less_and_nothing_is_a_float(price: Price, texts: int, more: int) -> None:
    assert price.cost(texts) <= price.cost(texts + more)
    assert price.over(texts) + min(texts, price.allowance) == texts
    assert all(type(each) is Decimal for each in (price.cost(texts), price.beyond(texts)))
    assert price.cost(texts) - price.per_month == price.beyond(texts)


@given(PRICES, st.integers(0, 10**6))
def test_a_sum_is_rounded_once_by_half_a_cent_at_most(price: Price, texts: int) -> None:
    exact = price.cost(texts)
    shown = Decimal(price.summed(exact).lstrip("CA$").replace(",", ""))
    assert abs(shown - exact) <= Decimal("0.005")


@pytest.mark.rows(34)
@pytest.mark.parametrize(
    ("texts", "is_last", "said"),
    [
        (0, False, "The next invoice comes to $15.00 so far: $15 for the month after."),
        (250, False, "The next invoice comes to $15.00 so far: $15 for the month after."),
        (251, False,
         "The next invoice comes to $15.06 so far: $15 for the month after, and $0.06 for what is over."),
        (250, True, "Nothing more is charged, so far."),
        (260, True, "The last invoice comes to $0.60 for what is over, so far."),
    ],
)  # fmt: skip
def test_what_the_next_invoice_comes_to(texts: int, is_last: bool, said: str) -> None:
    assert bill(PRICE, texts, is_last=is_last) == said


@pytest.mark.rows(36)
def test_in_credits_it_reads_the_same() -> None:
    price = replace(PRICE, unit="credit")
    assert price.sentence == "$15/month + $0.06 per credit over 250/month"
    used, _, cost = of_addon(price, 253, price.cost(253), datetime(2027, 1, 1, tzinfo=UTC))
    assert used == "*253 of 250* included credits used this month, 0 left."
    assert cost.startswith(price.sentence)
    assert how(Preferences(billing="credits")) == [
        "A text counts as 1 credit, an MMS (pictures, for example) as 3 credits."
    ]
    assert how(Preferences()) == []


def test_half_a_cent_is_rounded_once_at_the_end() -> None:
    price = Price(Decimal(0), Decimal("0.005"), 0, "usd")
    assert [price.summed(price.cost(texts)) for texts in (1, 2, 3)] == ["$0.01", "$0.01", "$0.02"]


def test_what_counts() -> None:
    beside = {Purpose.TRANSACTIONAL, Purpose.MARKETING, Purpose.COMPLIANCE, Purpose.AWAY}
    assert set(Purpose) - PAID_FOR == beside


@pytest.mark.parametrize(
    ("texts", "reached"), [(0, 0), (199, 0), (200, 80), (249, 80), (250, 100), (251, 100), (9_999, 100)]
)
def test_when_admins_are_told(texts: int, reached: int) -> None:
    assert level(texts, 250) == reached


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2026-11-01T04:59:59", "2026-10-01T05:00:00", "2026-11-01T05:00:00"),
        ("2026-11-01T05:00:00", "2026-11-01T05:00:00", "2026-12-01T06:00:00"),  # clocks were set back in it
        ("2026-12-31T23:00:00", "2026-12-01T06:00:00", "2027-01-01T06:00:00"),
        ("2027-01-01T06:00:00", "2027-01-01T06:00:00", "2027-02-01T06:00:00"),
    ],
)
def test_a_month_is_that_of_the_firm(now: str, start: str, end: str) -> None:
    period = month_of(datetime.fromisoformat(now).replace(tzinfo=UTC), CHICAGO)
    assert [f"{each:%Y-%m-%dT%H:%M:%S}" for each in (period.start, period.end)] == [start, end]


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 (naive, as asked)
    st.sampled_from(sorted(available_timezones())),
)
def test_months_follow_each_other_without_gap_or_overlap(now: datetime, zone: str) -> None:
    period = month_of(now, ZoneInfo(zone))
    assert period.start <= now < period.end
    assert month_of(period.start, ZoneInfo(zone)) == period
    assert month_of(period.end, ZoneInfo(zone)).start == period.end
    assert month_of(period.end - timedelta(microseconds=1), ZoneInfo(zone)) == period
