"""How much of the month is used, and what it costs."""

from datetime import datetime
from decimal import Decimal

from bridge.rules.counting import amount, units
from bridge.rules.phones import national
from bridge.rules.plans import Price
from bridge.rules.preferences import Preferences
from bridge.views import threads
from bridge.views.shown import Shown, day

FREE = "Incoming replies from your contacts are always free and don't count toward your limit."


def of_addon(price: Price, many: int, cost: Decimal, end: datetime, next_bill: str | None = None) -> list[str]:
    """Used, left, over, and the money (row 34)."""
    left, over = max(0, price.allowance - many), price.over(many)
    used = f"*{many:,} of {price.allowance:,}* included {price.unit}s used this month, {left:,} left."
    beyond = f"{over:,} over: {price.summed(price.beyond(many))}." if over else "None over."
    return [
        used,
        f"{beyond} This month comes to {price.summed(cost)} so far; counting starts anew on {day(end)}.",
        *([next_bill] if next_bill else []),
        f"{price.sentence}. {FREE}",
    ]


def bill(price: Price, many: int, *, is_last: bool) -> str:
    """The next invoice, by our own count: the month after is paid in advance, what is over afterwards."""
    beyond = price.beyond(many)
    over = f"{price.summed(beyond)} for what is over"
    if is_last:
        return f"The last invoice comes to {over}, so far." if beyond else "Nothing more is charged, so far."
    month = f"{price.written(price.per_month)} for the month after"
    parts = f"{month}, and {over}" if beyond else month
    return f"The next invoice comes to {price.summed(price.per_month + beyond)} so far: {parts}."


def receipts(link: str) -> str:
    """Where admins find what was paid."""
    return f"<{link}|Receipts and cards are in the billing portal.>"


def of_included(price: Price, many: int, end: datetime) -> list[str]:
    """There is nothing to pay."""
    counted = price.counted(many).removeprefix(f"{many:,}")
    return [f"*{many:,}*{counted} this month. Included in your plan: no charge.", _anew(end), FREE]


def how(prefers: Preferences) -> list[str]:
    """For how much a text counts, where that is not simply one."""
    one, mms = (amount(prefers, units(prefers, parts=1, is_mms=is_mms)) for is_mms in (False, True))
    if prefers.billing == "credits":
        each = "Each segment of a text" if prefers.count_segments else "A text"
        return [f"{each} counts as {one}, an MMS (pictures, for example) as {mms}."]
    return [f"Each segment of a text counts as {one}, an MMS as {mms}."] if prefers.count_segments else []


def _anew(end: datetime) -> str:
    return f"Counting starts anew on {day(end)}."


def capped(cap: int, texts: int) -> str:
    """The firm's own cap (row 35)."""
    return f"Your firm's own cap: {texts:,} of {cap:,} this month."


def reached(price: Price, level: int, texts: int, end: datetime) -> Shown:
    """What admins are told of the allowance, at 80 and at 100 percent."""
    used = f"{level} % of this month's included {price.unit}s are used: {texts:,} of {price.allowance:,}."
    after = f"Each one beyond costs {price.written(price.per_text)}. {_anew(end)}"
    return threads.remark(f"{used} {after}", warning=True)


def full(cap: str, end: datetime) -> Shown:
    """What they are told of their own cap: so many messages, or credits."""
    stopped = f"Your firm has used {cap} this month, as many as its own cap allows."
    until = (
        f"Staff can text again on {day(end)}, or when your operator raises the cap. What leads text still arrives."
    )
    return threads.remark(f"{stopped} {until}", warning=True)


def no_mms(phone: str) -> Shown:
    """A firm wants long texts to go out as MMS, and this number cannot."""
    return threads.remark(
        f"Long texts from {national(phone)} go out in segments: this number cannot send MMS, or is not known to. "
        "Your operator can connect it again, or another one.",
        warning=True,
    )
