"""What is paid for is counted, shown, and told about before it surprises anybody.

A text counts from the moment the carrier's API has taken it, under the plan of that moment; what turns out not to
have arrived is taken back. Nothing is summed up while a text is on its way: a sweep does that, minutes apart, and
leaves a mark at the firm which the gate reads.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from bridge.gateways.stripe_terms import CENTS
from bridge.rules import counting, plans
from bridge.rules.billing import Standing, standing
from bridge.rules.plans import Period, Plan, Price
from bridge.rules.preferences import OURS, Preferences
from bridge.rules.sending import PAID_FOR
from bridge.services import announce
from bridge.services.deps import Deps
from bridge.settings import Settings
from bridge.store import audit, firms, subscriptions
from bridge.store import usage as store
from bridge.store.firms import Firm
from bridge.store.messages import Taken
from bridge.store.subscriptions import Subscription
from bridge.store.tx import Tx
from bridge.views import usage as views

A_MONTH = timedelta(days=30)
COUNTED = frozenset(purpose.value for purpose in PAID_FOR)


@dataclass(frozen=True)
class Month:
    """For how much the texts of a firm count in a period; `charged`, those under the add-on; what they cost so far,
    at this `price`.

    next_bill: what the next invoice comes to by now, if one will come at all. is_last: there is none after it.
    """

    price: Price
    period: Period
    texts: int
    charged: int
    cost: Decimal
    next_bill: Decimal | None = None
    is_last: bool = False


async def count(tx: Tx, firm: Firm, message_id: int, taken: Taken, now: datetime) -> None:
    """The carrier's API has taken this text; it counts for as much as its author was told."""
    if taken.purpose in COUNTED:
        units = counting.units(firm.prefers, parts=taken.segments, is_mms=taken.is_mms)
        await store.add(tx, firm.id, message_id, firm.plan, now, units=units)


async def take_back(tx: Tx, firm: Firm, message_id: int, now: datetime) -> None:
    """«You won't be charged for a failed send.»"""
    if await store.fail(tx, firm.id, message_id, now):
        await audit.record(tx, firm.id, now, actor="bridge", action="uncount", facts={"message": message_id})


def price(settings: Settings, prefers: Preferences = OURS) -> Price:
    """What the operator takes for the add-on, from a firm that counts like this."""
    return Price(
        settings.price_per_month, settings.price_per_text, settings.free_texts_per_month, settings.price_currency,
        "credit" if prefers.billing == "credits" else "outbound message",
    )  # fmt: skip


def agreed(settings: Settings, prefers: Preferences, known: Subscription | None, now: datetime) -> Price:
    """What a firm pays: by its subscription, until the last month of that is over; without one, what is asked."""
    asked = price(settings, prefers)
    if known is None or known.terms is None:
        return asked
    if standing(known.status) is Standing.OVER and (known.period_end is None or known.period_end <= now):
        return asked
    terms = known.terms
    return replace(
        asked, per_month=Decimal(terms["month"]) / CENTS, per_text=Decimal(terms["each"]) / CENTS,
        allowance=terms["free"], currency=terms["currency"],
    )  # fmt: skip


async def _subscription(tx: Tx, firm: Firm) -> Subscription | None:
    return await subscriptions.of_firm(tx, firm.id) if firm.plan == Plan.ADD_ON else None


async def period_of(tx: Tx, firm: Firm, now: datetime) -> Period:
    """The month that is counted: from payment to payment; where nothing is paid, that of the calendar."""
    return _period(firm, await _subscription(tx, firm), now)


def _period(firm: Firm, known: Subscription | None, now: datetime) -> Period:
    if known is None or known.period_start is None or known.period_end is None:
        return plans.month_of(now, firm.prefers.zone)
    if known.period_end > now:
        return Period(known.period_start, known.period_end)
    if standing(known.status) is Standing.OVER:
        return plans.month_of(now, firm.prefers.zone)
    return Period(known.period_end, known.period_end + A_MONTH)  # Stripe has not told yet when the new one ends


async def of_month(tx: Tx, firm: Firm, settings: Settings, now: datetime) -> Month:
    """Where the firm stands in the month that it is."""
    known = await _subscription(tx, firm)
    paid, period = agreed(settings, firm.prefers, known, now), _period(firm, known, now)
    many = await store.by_plan(tx, firm.id, period.start, period.end)
    charged = many.get(Plan.ADD_ON, 0)
    owes = charged or (firm.plan == Plan.ADD_ON and firm.two_way)
    cost = paid.cost(charged) if owes else Decimal(0)
    month = Month(paid, period, sum(many.values()), charged, cost)
    if known is None or standing(known.status) not in {Standing.RUNS, Standing.UNPAID}:
        return month
    is_last = known.ends_with_period
    return replace(month, next_bill=paid.beyond(charged) + (0 if is_last else paid.per_month), is_last=is_last)


async def told(tx: Tx, firm: Firm, settings: Settings, now: datetime) -> list[str]:
    """The same in sentences (row 34)."""
    month = await of_month(tx, firm, settings, now)
    if month.charged or firm.plan == Plan.ADD_ON:
        bill = None if month.next_bill is None else views.bill(month.price, month.charged, is_last=month.is_last)
        lines = views.of_addon(month.price, month.charged, month.cost, month.period.end, bill)
    else:
        lines = views.of_included(month.price, month.texts, month.period.end)
    lines += views.how(firm.prefers)
    cap = firm.prefers.monthly_cap
    return lines if cap is None else [*lines, views.capped(cap, month.texts)]


async def watch(deps: Deps, now: datetime) -> None:
    """Look at every firm's month: tell admins at 80 and at 100 % of the allowance, and hold it to its own cap."""
    async with deps.db.read() as tx:
        every = await firms.everyone(tx)
    for firm in every:
        async with deps.db.read() as tx:
            month = await of_month(tx, firm, deps.settings, now)
        if _news(firm, month) or _is_full(firm, month) != (firm.month_full_at is not None):
            await _note(deps, firm, month, now)


def _news(firm: Firm, month: Month) -> int:
    """The level that has been reached and not been told; 0 for none. It concerns whoever has an allowance."""
    allowance = month.price.allowance
    reached = plans.level(month.charged, allowance) if firm.plan == Plan.ADD_ON and allowance else 0
    told = firm.told_level if firm.told_month == month.period.start else 0
    return reached if reached > told else 0


def _is_full(firm: Firm, month: Month) -> bool:
    cap = firm.prefers.monthly_cap
    return cap is not None and month.texts >= cap


async def _note(deps: Deps, firm: Firm, month: Month, now: datetime) -> None:
    """Once, whichever process looks."""
    async with deps.db.begin() as tx:
        held = await firms.hold(tx, firm.id)
        if news := _news(held, month):
            await firms.change(tx, held.id, told_month=month.period.start, told_level=news)
            shown = views.reached(month.price, news, month.charged, month.period.end)
            await announce.alert_admins(tx, held, shown, now)
        is_full, cap = _is_full(held, month), held.prefers.monthly_cap
        if is_full != (held.month_full_at is not None):
            await firms.change(tx, held.id, month_full_at=now if is_full else None)
            action = "month_full" if is_full else "month_not_full"
            await audit.record(tx, held.id, now, actor="bridge", action=action, facts={"cap": cap})
            if is_full and cap is not None:
                await announce.alert_admins(
                    tx, held, views.full(counting.amount(held.prefers, cap), month.period.end), now
                )
