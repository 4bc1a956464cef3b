"""How much of the month is used, and what it costs."""

from datetime import datetime
from decimal import Decimal

from bridge.rules.plans import Price
from bridge.views import threads
from bridge.views.shown import Shown, day

FREE = "Incoming replies from your contacts are always free and don't count toward your limit."


def of_addon(price: Price, texts: int, cost: Decimal, end: datetime) -> list[str]:
    """Used, left, over, and the money (row 34)."""
    left, over = max(0, price.allowance - texts), price.over(texts)
    used = f"*{texts:,} of {price.allowance:,}* included outbound messages used this month, {left:,} left."
    beyond = f"{over:,} over: {price.summed(price.beyond(texts))}." if over else "None over."
    return [
        used,
        f"{beyond} This month comes to {price.summed(cost)} so far; counting starts anew on {day(end)}.",
        f"{price.sentence}. {FREE}",
    ]


def of_included(texts: int, end: datetime) -> list[str]:
    """There is nothing to pay."""
    sent = "message" if texts == 1 else "messages"
    return [f"*{texts:,}* outbound {sent} this month. They are included in your plan: no charge.", _anew(end), FREE]


def _anew(end: datetime) -> str:
    return f"Counting starts anew on {day(end)}."


def capped(cap: int, texts: int) -> str:
    """The firm's own cap (row 35)."""
    return f"Your firm's own cap: {texts:,} of {cap:,} this month."


def reached(price: Price, level: int, texts: int, end: datetime) -> Shown:
    """What admins are told of the allowance, at 80 and at 100 percent."""
    used = f"{level} % of this month's included outbound messages are used: {texts:,} of {price.allowance:,}."
    after = f"Each one beyond costs {price.written(price.per_text)}. {_anew(end)}"
    return threads.remark(f"{used} {after}", warning=True)


def full(cap: int, end: datetime) -> Shown:
    """What they are told of their own cap."""
    stopped = f"Your firm has sent {cap:,} texts this month, as many as its own cap allows."
    until = (
        f"Staff can text again on {day(end)}, or when your operator raises the cap. What leads text still arrives."
    )
    return threads.remark(f"{stopped} {until}", warning=True)
