"""What admins are asked and told about the add-on: before anything is charged, and whatever becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as field_of
from datetime import datetime
from enum import StrEnum

from bridge.rules.plans import Price
from bridge.views import modals, portal, threads
from bridge.views.modals import View, field, plain
from bridge.views.shown import Block, Shown, actions, button, day, line, section

CONFIRMED, CHECKED, KEEP, LINK, PAY = (
    "two_way_confirmed",
    "two_way_checked",
    "two_way_keep",
    "two_way_link",
    "two_way_pay",
)

# To the letter: rows 3, 6, 8, 9 and 10 of docs/features.md.
SUBMIT = "Confirm & Enable"
NO_CARD = "Please add a payment method to enable two-way SMS"
OPEN_PORTAL = "Open billing portal"
PICKS_UP = "The portal will pick up the new card automatically."

STOPPED = "The payment for two-way SMS is still open, so nothing is sent any more. What leads text still arrives."
WORKING = "Enabling two-way SMS. This takes a few seconds."
OTHER_PRICE = "The price has changed since this was opened, so nothing was charged. Confirm it if you agree."
TITLE = "Add Two-Way SMS"


class Outcome(StrEnum):
    """What became of a wish."""

    ON = "on"
    NO_CARD = "no_card"
    DECLINED = "declined"
    CONFIRM = "confirm"
    NOT_SET_UP = "not_set_up"
    TROUBLE = "trouble"
    OTHER_PRICE = "other_price"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ENDS = "ends"
    REMOVED = "removed"
    KEPT = "kept"
    NOT_ENDED = "not_ended"


class Page(StrEnum):
    """Where a link of ours leads."""

    PORTAL = "portal"
    CARD = "card"
    CONFIRM = "confirm"


SENTENCES = {
    Outcome.ON: "Two-way SMS is on. The first month is paid.",
    Outcome.NO_CARD: f"{NO_CARD}.",
    Outcome.DECLINED: "Your card was declined, so nothing was charged and two-way SMS is still off.",
    Outcome.CONFIRM: (
        "Your bank wants you to confirm this payment. Two-way SMS turns on by itself once you have; "
        "within 23 hours, or nothing is charged and it stays off."
    ),
    Outcome.NOT_SET_UP: (
        "Your operator has not finished setting up billing, so nothing was charged. Ask your operator to."
    ),
    Outcome.TROUBLE: (
        "Stripe, which bills this, does not answer right now. We keep trying and tell you here what comes of it. "
        "Nothing is charged twice."
    ),
    Outcome.OTHER_PRICE: (
        "The price has changed since you confirmed it, so nothing was charged and two-way SMS is still off. "
        f"Press {portal.ENABLE_LABEL} in this app's Home to see the new one."
    ),
    Outcome.REFUSED: "Two-way SMS could not be turned on. If anything was charged for it, it turns on by itself.",
    Outcome.WITHDRAWN: "Two-way SMS was turned off again meanwhile, so it is off.",
    Outcome.ENDS: "Two-way SMS stays on until {day}, and the flat fee is not charged again. You can keep it.",
    Outcome.REMOVED: (
        "This app was removed from the workspace, so two-way SMS ends on {day} at the latest, and the flat fee is "
        "not charged again. Until then you can keep it, in this app's Home."
    ),
    Outcome.KEPT: "Two-way SMS stays on. The next payment is due on {day}.",
    Outcome.NOT_ENDED: (
        "Stripe did not take that two-way SMS ends, so it may be charged again. Ask your operator to look at it."
    ),
}
# Stripe's words for what a bank says, and what somebody can do about it.
DECLINES = {
    "insufficient_funds": "The bank says that there is not enough money. Use another card, or try again later.",
    "expired_card": "The card has expired. Use another one.",
    "incorrect_cvc": "The card's security code is wrong. Enter the card anew.",
    "lost_card": "The bank does not take this card any more. Use another one.",
    "stolen_card": "The bank does not take this card any more. Use another one.",
}
ANY_DECLINE = "Ask your bank, or use another card, and press the button again."


def sentence(outcome: Outcome, detail: str = "") -> str:
    """What became of it; `detail` is a bank's reason, or a day as date_of() writes it."""
    said = SENTENCES[outcome].replace("{day}", detail)
    return f"{said} {DECLINES.get(detail, ANY_DECLINE)}" if outcome is Outcome.DECLINED else said


def date_of(moment: datetime) -> str:
    """A day, to be put into a sentence."""
    return day(moment)


def confirm(price: Price, attempt: str, *, again: str = "") -> View:
    """What is charged, when, and what else there is to know before (rows 6, 8 and 17)."""
    month, each = price.written(price.per_month), price.written(price.per_text)
    said = (
        f"*{price.sentence}*\n"
        f"*Now:* You'll be charged the {month} flat fee immediately.\n"
        f"*Each month:* {month} on the same day of the month, and {each} for every {price.unit} beyond the "
        f"{price.allowance:,} that are included. They are counted from payment to payment.\n"
        "*Free:* Incoming replies from your contacts are always free and don't count toward your limit.\n"
        "*Turning it off:* At any time, in Home. What is paid for a month is not given back."
    )
    asked = {
        "type": "checkboxes", "action_id": CHECKED,
        "options": [{"value": "approved", "text": plain("My firm is approved to do two-way SMS.")}],
    }  # fmt: skip
    blocks: list[Block] = [section(said), section(portal.COMPLIANCE), field(CHECKED, "Approval", asked)]
    if again:
        blocks.insert(0, modals.alert(again, "error"))
    return modals.modal(
        TITLE,
        blocks,
        submit=SUBMIT,
        close="Cancel",
        callback_id=CONFIRMED,
        private_metadata=f"{attempt} {price.sentence}",
    )


def working() -> View:
    """While it is under way."""
    return modals.modal(
        TITLE, [section(f":hourglass_flowing_sand: {WORKING}")], close="Close", callback_id="working"
    )


def outcome(which: Outcome, detail: str = "", *, link: str | None = None) -> View:
    """What became of it, and the way on."""
    level = {Outcome.ON: "success", Outcome.TROUBLE: "info", Outcome.CONFIRM: "warning"}.get(which, "error")
    blocks: list[Block] = [modals.alert(sentence(which, detail), level)]
    if link is not None:
        blocks.append(actions(link_button(which, link)))
    if which is Outcome.NO_CARD:
        blocks.append(section(f"{PICKS_UP} Then press *{portal.ENABLE_LABEL}* again."))
    return modals.modal(TITLE, blocks, close="Close", callback_id="two_way_outcome")


def page_of(which: Outcome) -> Page | None:
    """Where an admin goes on, if anywhere."""
    pages = {Outcome.NO_CARD: Page.CARD, Outcome.DECLINED: Page.CARD, Outcome.CONFIRM: Page.CONFIRM}
    return pages.get(which)


def link_button(which: Outcome | None, link: str) -> Block:
    """A way out of Slack."""
    label = "Confirm with your bank" if which is Outcome.CONFIRM else OPEN_PORTAL
    return {"type": "button", "text": plain(label), "action_id": LINK, "url": link, "style": "primary"}


@dataclass(frozen=True, repr=False)
class Account:
    """How a firm stands with its operator, for its admins; links are to Stripe's pages, each by what it is for."""

    is_beginning: bool = False
    problem: str | None = None  # an Outcome, perhaps with a detail behind a colon
    unpaid_since: datetime | None = None
    stops_at: datetime | None = None
    is_stopped: bool = False
    ends_at: datetime | None = None
    renews_at: datetime | None = None
    has_receipts: bool = False
    links: Mapping[Page, str] = field_of(default_factory=dict)

    @property
    def is_calm(self) -> bool:
        """Whether there is nothing to do about it."""
        return not (self.is_beginning or self.problem or self.unpaid_since or self.ends_at)


def account(shown: Account) -> list[Block]:
    """What there is to know and to do about money, in Home."""
    if shown.is_beginning:
        return [section(f":hourglass_flowing_sand: {WORKING}")]
    if shown.problem is not None:
        return _problem(shown.problem, shown.links)
    if shown.unpaid_since is not None and shown.stops_at is not None:
        said = (
            STOPPED
            if shown.is_stopped
            else f"The payment for two-way SMS failed. Texts are sent until {day(shown.stops_at)}."
        )
        return [
            section(f":warning: {said} Pay it, or add another card; everything goes on by itself then."),
            actions(
                _link("Pay now", shown.links[Page.CONFIRM], action_id=PAY),
                _link(OPEN_PORTAL, shown.links[Page.CARD]),
            ),
        ]
    if shown.ends_at is not None:
        return [
            section(
                f":calendar: Two-way SMS turns off on {day(shown.ends_at)}. The flat fee is not charged again."
            ),
            actions(
                button("Keep it on", KEEP, "home", style="primary"),
                _link(OPEN_PORTAL, shown.links[Page.PORTAL]),
            ),
        ]
    if shown.renews_at is None and not shown.has_receipts:
        return []
    due = f"The next payment is due on {day(shown.renews_at)}. " if shown.renews_at else ""
    return [
        line(f"{due}Receipts and cards are in the billing portal."),
        actions(_link(OPEN_PORTAL, shown.links[Page.PORTAL])),
    ]


def _problem(problem: str, links: Mapping[Page, str]) -> list[Block]:
    code, _, detail = problem.partition(":")
    which = Outcome(code)
    blocks = [section(f":warning: {sentence(which, detail)}")]
    page = page_of(which)
    return [*blocks, actions(link_button(which, links[page]))] if page is not None else blocks


def _link(label: str, link: str, *, action_id: str = LINK) -> Block:
    return {"type": "button", "text": plain(label), "action_id": action_id, "url": link}


def told(which: Outcome, detail: str = "") -> Shown:
    """The same as a direct message; whatever has to be done is done in Home, where links are fresh."""
    where = " Open this app's Home to go on." if page_of(which) else ""
    return threads.remark(f"{sentence(which, detail)}{where}", warning=which not in {Outcome.ON, Outcome.KEPT})


def unpaid(stops_at: datetime) -> Shown:
    """A renewal was not paid."""
    return threads.remark(
        f"The payment for two-way SMS failed. Texts are sent until {day(stops_at)}; what leads text arrives in any "
        "case. Open this app's Home to pay, or to add another card.",
        warning=True,
    )


def stopped() -> Shown:
    """It still is not."""
    return threads.remark(
        f"{STOPPED} Open this app's Home to pay; everything goes on by itself then.", warning=True
    )


def paid_again() -> Shown:
    """It is, after all."""
    return threads.remark("The payment for two-way SMS has arrived. Everything goes on.")


def ended(*, was_meant: bool, was_unpaid: bool) -> Shown:
    """The subscription is over."""
    why = "as an admin wanted" if was_meant else "because it was not paid" if was_unpaid else "at Stripe"
    return threads.remark(
        f"The subscription for two-way SMS has ended, {why}. Two-way SMS is off now. "
        "Leads' texts are stored, and appear when it is on again.",
        warning=not was_meant,
    )
