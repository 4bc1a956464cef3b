"""What a firm sees of two-way SMS itself: the panel while it is off, the way to turn it off, what to do next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.rules.plans import Plan, Price
from bridge.views import modals, threads
from bridge.views.modals import View, field, option, plain, radio, words
from bridge.views.shown import Block, Shown, actions, button, line, section

ENABLE, DISABLE, DISABLED, DONE = "two_way_enable", "two_way_disable", "two_way_disabled", "next_step_done"
WHAT, WORDS = "two_way_away", "two_way_away_words"
WHEN = "two_way_when"
SILENT, AUTO = "silent", "auto"
AT_END, AT_ONCE = "end", "now"

# To the letter: rows 2 to 5, 17 and 180 of docs/features.md.
TITLES = {Plan.INCLUDED: "Two-Way SMS", Plan.ADD_ON: "Add Two-Way SMS"}
ENABLE_LABEL = "Enable Two-Way SMS"
NO_CHARGE = "No charge, no subscription."
COMPLIANCE = (
    "Make sure your firm is approved to do two-way SMS before turning it on. "
    "If you're unsure, check with your compliance team first."
)
NEXT = "set this up next — see Setting Up Notification Recipients"

WHAT_IT_IS = "Leads' texts arrive here as threads, and what your team replies there is texted back."
DISABLE_LABEL = "Turn off"
DEFAULT_WORDS = (
    "This is an automatic reply. Nobody at {firm} reads texts to this number. Reply STOP to unsubscribe."
)
ON_ALREADY = "Two-way SMS is on already."
OFF_ALREADY = "Two-way SMS is off already."
IS_ON = "Two-way SMS is on."
IS_OFF = "Two-way SMS is off."
WILL_END = (
    "Two-way SMS will turn off by itself when the paid month is over. You can keep it on, in Home, until then."
)


@dataclass(frozen=True)
class Panel:
    """What is shown while it is off. reason: why it cannot be had now. may: this person may switch it on."""

    plan: str
    price: Price
    reason: str | None
    may: bool
    admins: Sequence[str] = ()


def panel(shown: Panel) -> list[Block]:
    """By plan: without a price where it is included. The button asks for the acknowledgement as it is pressed.

    Slack's own question before a button acts holds both what row 5 wants, one click and no modal, and what row 17
    does: nothing is switched on before these words were confirmed.
    """
    blocks = [_header(TITLES.get(Plan(shown.plan), TITLES[Plan.INCLUDED])), section(WHAT_IT_IS)]
    if shown.plan == Plan.ADD_ON:
        blocks.append(section(f"*{shown.price.sentence}*"))
    elif shown.plan == Plan.INCLUDED:
        blocks.append(section(f"Included in your plan. {NO_CHARGE}"))
    if shown.reason is not None:
        return [*blocks, section(f":information_source: {shown.reason}")]
    blocks.append(line(COMPLIANCE))
    if not shown.may:
        return [*blocks, line(who_can(shown.admins))]
    return [*blocks, actions(_enable(asks=shown.plan != Plan.ADD_ON))]


def _header(title: str) -> Block:
    return {"type": "header", "text": plain(title)}


def _enable(*, asks: bool) -> Block:
    """Where it costs nothing, the button asks; else a modal does."""
    asked = {
        "title": plain("Is your firm approved?"), "text": plain(COMPLIANCE), "confirm": plain("Yes, turn it on"),
        "deny": plain("Not yet"),
    }  # fmt: skip
    return button(ENABLE_LABEL, ENABLE, "home", style="primary") | ({"confirm": asked} if asks else {})


def who_can(admins: Sequence[str]) -> str:
    """For those who may not."""
    named = ", ".join(f"<@{user_id}>" for user_id in admins)
    return "Only admins of this workspace can turn it on or off" + (f": {named}." if named else ".")


def next_step(channel_id: str | None) -> list[Block]:
    """Row 180. Who is in the channel is who is notified: by Slack, as each of them has set it."""
    where = f"<#{channel_id}>" if channel_id else "the channel that your operator chooses"
    how = (
        f"Threads open in {where}. Whoever is to hear of leads' texts joins it and sets its notifications in Slack."
    )
    return [section(f":bell: *Two-way SMS is on: {NEXT}*\n{how}"), actions(button("Done", DONE, "home"))]


def turn_off(firm_name: str, paid_until: datetime | None = None) -> View:
    """What happens to texts, threads and money, and what leads are told (row 39).

    `paid_until`: the add-on is paid for until then, so it may end at once or then.
    """
    facts = (
        "*Texts:* leads' texts are still received and stored, but they don't appear, and nobody is notified. "
        "Nothing can be sent from here. STOP and HELP are obeyed as before.\n"
        "*Threads:* everything in them stays readable, and each says that two-way SMS is off.\n"
        "*Later:* It can be turned on again at any time; what came meanwhile then appears."
    )
    choices = [
        option(SILENT, "Silent", "Leads who text get no answer"),
        option(AUTO, "Do not reply: Auto message", "Leads who text are told so, once a day at most"),
    ]
    typed = words(WORDS, "What leads read...", initial=DEFAULT_WORDS.replace("{firm}", firm_name)[:320], most=320)
    return modals.modal(
        "Turn off Two-Way SMS",
        [section(facts), *_when(paid_until), field(WHAT, "Leads who text meanwhile", radio(WHAT, choices)),
         field(WORDS, "Auto message", typed, optional=True)],
        submit=DISABLE_LABEL, close="Cancel", callback_id=DISABLED,
    )  # fmt: skip


def _when(paid_until: datetime | None) -> list[Block]:
    """The money, and from when on (row 41)."""
    if paid_until is None:
        return []
    until = f"{paid_until:%B} {paid_until.day}, {paid_until.year}"
    choices = [
        option(AT_END, f"On {until}", "It stays on until then; the flat fee is not charged again"),
        option(AT_ONCE, "Now", "What was paid for this month is not given back"),
    ]
    return [field(WHEN, "When", radio(WHEN, choices))]


def told(sentence: str) -> View:
    """What came of it."""
    return modals.modal("Two-Way SMS", [section(sentence)], close="Close", callback_id="two_way_told")


def digest(texts: int, conversations: int) -> Shown:
    """One word about all that came while it was off (row 21)."""
    replies = "1 reply" if texts == 1 else f"{texts:,} replies"
    leads = "1 lead" if conversations == 1 else f"{conversations:,} leads"
    return threads.remark(
        f"{replies} of {leads} arrived while two-way SMS was off. They are put into their threads now."
    )
