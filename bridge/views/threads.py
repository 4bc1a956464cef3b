"""A conversation's thread: its root message, a lead's texts, and the lines in between."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.refusals import Refusal
from bridge.rules.mrkdwn import escape, literal, plain_name, quoted
from bridge.rules.phones import national
from bridge.views import cards
from bridge.views.shown import Block, Shown, actions, button, clock, day_and_clock, line, section

SEND_AGAIN = "text_send_again"
IT_ARRIVED = "text_it_arrived"
SEND_HELD = "reply_send"
KEEP_INSIDE = "reply_keep"
REWRITE = "reply_rewrite"

TOGETHER = 7  # texts in one message; so many of 1,600 characters, with their times, fit into Slack's blocks
OFF = ":zzz: two-way SMS is off: nothing is texted from here, and what leads text is not shown."
ADVICE = "Reply in this thread to text back. Start with // to keep a message inside."

_LINES = {
    "mobile": "mobile", "landline": "landline", "fixedVoip": "VoIP", "nonFixedVoip": "VoIP",
    "tollFree": "toll-free", "personal": "personal number", "premium": "premium number", "pager": "pager",
    "sharedCost": "shared-cost number", "voicemail": "voicemail", "uan": "company number",
}  # fmt: skip


@dataclass(frozen=True, repr=False)
class Root:
    """What the root message tells. `state` is of the conversation; `unreachable`, why no text is to reach them."""

    name: str | None
    phone: str
    line_type: str | None
    opted_out: bool
    state: str = "open"
    conversation_id: int | None = None
    unreachable: Refusal | None = None
    is_off: bool = False


@dataclass(frozen=True, repr=False)
class Text:
    """A lead's text as it is shown."""

    body: str
    pictures: int
    at: datetime
    late: bool = False
    was_hidden: bool = False


def root(facts: Root, *, earlier: str | None = None) -> Shown:
    """The one message per conversation. `earlier` links a thread that this one replaces."""
    number = plain_name(national(facts.phone)) or "unknown sender"
    name = plain_name(facts.name) if facts.name else ""
    title = f"{name} · {number}" if name else number
    told = [part for part in (_LINES.get(facts.line_type or ""), _state(facts)) if part]
    if facts.is_off:
        told.append(OFF)
    elif not facts.opted_out and facts.unreachable is None:
        told.append(ADVICE)
    blocks = [_bold(title), section(" · ".join(told))]
    if facts.conversation_id is not None:
        blocks[1]["accessory"] = button("Lead card", cards.OPEN, str(facts.conversation_id))
    if earlier:
        blocks.append(line(f"Continues <{earlier}|an earlier thread>."))
    return Shown(escape(title), blocks)


def _state(facts: Root) -> str:
    if facts.opted_out:
        return ":no_entry: opted out"
    if facts.unreachable is not None:
        return f":warning: {facts.unreachable.sentence}"
    return facts.state


def _bold(title: str) -> Block:
    element = {"type": "text", "text": title, "style": {"bold": True}}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}


def texts(received: Sequence[Text]) -> Shown:
    """One text, or several that waited for the same thread: in order, each literally as it was typed."""
    with_times = len(received) > 1
    blocks = [block for text in received for block in _text(text, with_time=with_times)]
    words = [escape(text.body) if text.body.strip() else "(no words)" for text in received]
    return Shown("\n".join(words), blocks)


def _text(text: Text, *, with_time: bool) -> list[Block]:
    blocks = [literal(text.body)] if text.body.strip() else [line("_(no words)_")]
    told = [clock(text.at)] if with_time and not text.late and not text.was_hidden else []
    if text.was_hidden:
        told.append(f":zzz: sent {day_and_clock(text.at)}, while two-way SMS was off")
    elif text.late:
        told.append(f":hourglass: sent {day_and_clock(text.at)}, arrived here late")
    if text.pictures:
        told.append("1 picture" if text.pictures == 1 else f"{text.pictures} pictures")
    return [*blocks, line(" · ".join(told))] if told else blocks


def own_text(body: str, author_id: str | None, subject: str | None = None) -> Shown:
    """A text of ours that was not typed in the thread, as the lead reads it; and who wrote it."""
    who = f"<@{author_id}>" if author_id else "This app"
    about = f" · subject: {escape(plain_name(subject, 200))}" if subject else ""
    return Shown(escape(body), [literal(body), line(f":speech_balloon: {who} texted this{about}")])


def remark(sentence: str, *, warning: bool = False) -> Shown:
    """A line of ours in the thread."""
    return Shown(sentence, [section(f":warning: {sentence}") if warning else line(sentence)])


def recap(earlier: Sequence[tuple[str, str]]) -> Shown:
    """The last few messages of a lost thread, each as (who, words), oldest first."""
    blocks: list[Block] = [line("The earlier thread is gone. The last messages in it were:")]
    for who, words in earlier:
        blocks += [line(f"*{escape(plain_name(who))}*"), quoted(words[:400] or "(no words)")]
    return Shown("The earlier thread is gone; here are its last messages.", blocks)


def doubt(message_id: int, body: str) -> Shown:
    """Nobody knows whether a text went out: a person decides."""
    sentence = "It is not known whether this text went out. Ask the lead, or look in Twilio's log, then choose:"
    buttons = actions(
        button("Send again", SEND_AGAIN, str(message_id)), button("It arrived", IT_ARRIVED, str(message_id))
    )
    return Shown(sentence, [section(f":warning: {sentence}"), quoted(body[:400] or "(a picture)"), buttons])


def settled(who: str, what: str) -> Shown:
    """The question of `doubt` after it was answered."""
    return remark(f"<@{who}> chose: {what}.")


def confirm(message_id: int, body: str, told: Sequence[str] = ()) -> Shown:
    """Only the author sees this: is it for the lead? `told` is what to think about before."""
    sentence = "Replies in this channel are sent only when you say so. Text this to the lead?"
    buttons = actions(
        button("Send as text", SEND_HELD, str(message_id), style="primary"),
        button("Keep inside", KEEP_INSIDE, str(message_id)),
    )
    quote = quoted(body[:400] or "(a picture)")
    return Shown(sentence, [section(sentence), quote, *map(line, told), buttons])


def weigh(message_id: int, body: str, sentences: Sequence[str], told: Sequence[str] = ()) -> Shown:
    """Only the author sees this: do they mean it, for all that speaks against it?"""
    buttons = actions(button("Send", SEND_HELD, str(message_id)), button("Edit", REWRITE, str(message_id)))
    quote = quoted(body[:400] or "(a picture)")
    asked = [section(f":warning: {sentence}") for sentence in sentences]
    return Shown(" ".join(sentences), [*asked, quote, *map(line, told), buttons])
