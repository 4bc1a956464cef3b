"""Starting a conversation: whom, what, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.rules.mrkdwn import escape
from bridge.rules.templates import Template
from bridge.views import cards, modals, suggestions
from bridge.views.cards import Card
from bridge.views.modals import View, field, option, words
from bridge.views.shown import Block, actions, button, day_and_clock, line, section

NEW = "start_new"  # the button, wherever it stands, and the shortcut
WHOM, FOUND = "start_whom", "start_found"
WRITE, OPEN_EMPTY = "start_write", "start_open"
MESSAGE = suggestions.FIELD
SUBJECT, VIA, SOURCE, EVIDENCE = "subject", "via", "consent_source", "consent_words"
WHEN, WHY_NOW = "when", "why_now"

SENDING = "Sending..."
VOILA = "Voila! You have successfully sent your text message! 💬"
SENT = "Your text is on its way."
GONE = "Nobody can be found there any more. Choose again."
SEE_THREAD = "This was not sent. The thread says why."
NOBODY = "Nobody is called that, has that e-mail address, or that number, or they cannot be texted."
SEGMENT_LIMIT = 3000  # characters that Slack lets people type; the gate says what is too long to text
SUBJECT_LIMIT = 200

# V-6: why somebody may be texted who has not signed up.
SOURCES = {
    "verbal": "They asked us to, on the phone or in person",
    "form": "They filled in a form",
    "client": "They are a client of ours",
}


@dataclass(frozen=True, repr=False)
class Offer:
    """Somebody who can be chosen. `value` is what comes back: "lead:12" or "phone:+14155550123"."""

    value: str
    text: str
    description: str | None = None


def options(offers: Sequence[Offer]) -> list[Block]:
    """What a menu shows while somebody types."""
    return [option(offer.value, offer.text, offer.description) for offer in offers]


def whom(first: Offer | None = None, *, typed: str = "", text: str = "", note: str | None = None) -> View:
    """Step one: choose somebody. `first` is chosen already; `text` goes on to step two."""
    menu: Block = {
        "type": "external_select",
        "action_id": FOUND,
        "min_query_length": 2,
        "placeholder": modals.plain("Name or Phone Number..."),
    }
    if first is not None:
        menu["initial_option"] = options([first])[0]
    told = [modals.alert(escape(note))] if note else []
    asked = field(
        WHOM, "To", menu, hint="Type two letters of a name or an e-mail address, or two digits of a number."
    )
    return modals.modal(
        "New conversation",
        [*told, asked],
        submit="Continue",
        close="Cancel",
        callback_id=WHOM,
        private_metadata=text[:SEGMENT_LIMIT],
    )


@dataclass(frozen=True, repr=False)
class Draft:
    """What is on the second screen: to whom, as it was chosen, and what has been typed so far.

    typed_number: nobody signed up with it, so it is asked why it may be texted. warnings: what should be read
    before it goes out. opens_at: it is night there until then; may_waive: and this person may text there all the
    same. offered: texts to begin with. filled: how many times one of them was put into the field; note: what is to
    be said of that.
    """

    card: Card
    chosen: str
    text: str = ""
    typed_number: bool = False
    warnings: Sequence[str] = ()
    metadata: str = ""
    opens_at: datetime | None = None
    may_waive: bool = False
    offered: Sequence[Template] = ()
    filled: int = 0
    note: str | None = None


def write(draft: Draft) -> View:
    """Step two: the card, and the field to write in. Nobody writes who cannot be read."""
    shown = cards.blocks(draft.card)
    if draft.card.refusal:
        return modals.modal("New conversation", shown, close="Back", callback_id=WRITE)
    shown += [modals.alert(escape(warning)) for warning in draft.warnings]
    return modals.modal(
        "New conversation",
        [*shown, *_fields(draft), *_hours(draft), *_beside(draft)],
        submit="Send anyway" if draft.warnings else "Send SMS",
        close="Back",
        callback_id=WRITE,
        private_metadata=draft.metadata,
    )


def _fields(draft: Draft) -> list[Block]:
    text = words(MESSAGE, "Your message...", initial=draft.text, most=SEGMENT_LIMIT, lines=True)
    subject = words(SUBJECT, "What it is about", most=SUBJECT_LIMIT)
    found = [
        field(VIA, "Message via", modals.radio(VIA, [option("sms", "SMS")])),
        field(SUBJECT, "Subject", subject, optional=True, hint="It stays in the thread; a text has no subject."),
        *suggestions.menu(draft.offered),
        field(suggestions.text_field(draft.filled), "Message", text),
        *([line(draft.note)] if draft.note else []),
    ]
    return [*_consent(), *found] if draft.typed_number else found


def _consent() -> list[Block]:
    sources = [option(value, text) for value, text in SOURCES.items()]
    how = words(EVIDENCE, "When, where, who was told...", most=300)
    return [
        field(SOURCE, "Why may this number be texted?", modals.radio(SOURCE, sources)),
        field(EVIDENCE, "In your words", how, hint="It is kept as proof."),
    ]


def _hours(draft: Draft) -> list[Block]:
    """It is night there: when shall it go out?"""
    if draft.opens_at is None:
        return []
    sentence = f"It is too early or too late where they are. They can be texted {day_and_clock(draft.opens_at)}."
    told = line(f":crescent_moon: {sentence}")
    later, now = option("later", "When it is day there"), option("now", "Now, for this reason:")
    when = field(WHEN, "Send it", modals.radio(WHEN, [later, now] if draft.may_waive else [later]))
    why = words(WHY_NOW, "They asked us to call back tonight...", most=300)
    return [told, when, field(WHY_NOW, "Reason", why, optional=True)] if draft.may_waive else [told, when]


def _beside(draft: Draft) -> list[Block]:
    if draft.card.channel_id or draft.typed_number:
        return []
    return [actions(button("Open an empty thread", OPEN_EMPTY, draft.chosen))]


def sending() -> View:
    """While it goes out."""
    return _told([line(f":hourglass_flowing_sand: {SENDING}")])


def waiting(link: str | None) -> View:
    """It takes longer than anybody looks at a modal."""
    return _told(
        [
            section(":hourglass_flowing_sand: It is still on its way. The thread shows when it went out."),
            *_link(link),
        ]
    )


def sent(*, playful: bool, link: str | None, hint: str | None = None) -> View:
    """Twilio has it. The hint is for the next one."""
    return _told([modals.alert(VOILA if playful else SENT, "success"), *_link(link), *_hint(hint)])


def not_sent(sentence: str, link: str | None) -> View:
    """Twilio has not, or the gate had second thoughts."""
    return _told([modals.alert(escape(sentence), "error"), *_link(link)])


def later(send_at: datetime, link: str | None, *, hint: str | None = None) -> View:
    """It waits for its hour."""
    sentence = f":alarm_clock: It will be sent {day_and_clock(send_at)}. Until then the thread can cancel it."
    return _told([section(sentence), *_link(link), *_hint(hint)])


def opened(link: str | None) -> View:
    """An empty thread is there."""
    return _told([section("The thread is open. What you write there is texted."), *_link(link)])


def opening() -> View:
    """It takes longer than anybody looks at a modal."""
    return _told(
        [section(":hourglass_flowing_sand: The thread is not open yet. It will be as soon as Slack lets me.")]
    )


def _link(link: str | None) -> list[Block]:
    return [section(f"<{link}|Open the thread>")] if link else []


def _hint(hint: str | None) -> list[Block]:
    return [line(f":bulb: {escape(hint)}")] if hint else []


def _told(blocks: Sequence[Block]) -> View:
    return modals.modal("New conversation", blocks, close="Done", clear_on_close=True, callback_id="start_told")
