"""So that the page looks alive on first sight: thirty people have texted, and some have been answered.

All of it happens for real, from phone to thread and back; only the waiting between is left out.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias, TypeVar

from bridge.sandbox.process import App
from bridge.sandbox.town import FIRMS, HARBOR, MAPLE, Firm, Town

FIRST = 4_155_550_120  # the number of the first of them; those before are for who tries the page
AT_ONCE = 2  # commands that run side by side
PATIENCE = 20.0  # seconds until one of two has heard the other
MANY = 30

T = TypeVar("T")
Story: TypeAlias = tuple[str, str, Sequence[str]]  # a name, how the firm knows them, and what both say in turn

DANA: Story = (
    "Dana Example",
    "website",
    ["Hi! Can I move my appointment to Friday?", "Of course. Friday at 3 pm?", "Perfect, thanks"],
)
OMAR: Story = (
    "Omar Example",
    "website",
    ["I got a letter from the landlord, what now?", "Please send us a picture of it.", "Will do tonight"],
)
PRIYA: Story = (
    "Priya Example",
    "billboard",
    ["How much is a first consultation?", "The first half hour is free. When would suit you?"],
)
ROBIN: Story = (
    "Robin Example",
    "website",
    [
        "My crown came off, can I come today?",
        "Yes, at 4:30. Please do not chew on that side.",
        "Thank you so much!!",
    ],
)
LAW: Sequence[Story] = (
    DANA,
    ("Maximiliane von Hohenstein-Example", "referral", ["Guten Tag, is the lease still being reviewed?"]),
    OMAR,
    PRIYA,
    ("Lee Example", "website", ["STOP"]),
    ("", "", ["hello is this the lawyer from the radio??"]),
)
CLINIC: Sequence[Story] = (
    ROBIN,
    ("Noor Example", "website", ["Do you take new patients?", "We do. What is troubling you?"]),
    ("Toni Example", "referral", ["I will be ten minutes late, sorry"]),
)
# Those of whom nothing is known but what they wrote.
WORDS = (
    "What are your opening hours?",
    "Can I pay in instalments?",
    "Is there parking?",
    "I need a copy of my file please",
    "Do you speak Spanish?",
    "Thanks for yesterday :)",
    "Could somebody call me back after five?",
    "Wrong number, sorry!",
    "Is tomorrow at 9 still on?",
    "Where do I send the papers?",
    "ok",
    "Can my sister come along?",
)


async def sow(town: Town, app: App) -> None:
    """Everybody texts; who is known is known by name. Some are answered, where two-way SMS is on already."""
    await _enter_all(town, app)
    for firm, phone, (_, _, said) in _known():
        await _talk(town, firm, phone, said[:1] if firm.pays else said)
    phones = _phones(after=len(LAW) + len(CLINIC))
    for number, phone in enumerate(islice(phones, MANY - len(LAW) - len(CLINIC))):
        await town.twilio.text(phone, FIRMS[number % 3 == 2].number, WORDS[number % len(WORDS)])


def _phones(*, after: int = 0) -> Iterator[str]:
    return (f"+1{FIRST + number}" for number in range(after, 100))


def _known() -> Iterator[tuple[Firm, str, Story]]:
    every = [(HARBOR, story) for story in LAW] + [(MAPLE, story) for story in CLINIC]
    return ((firm, phone, story) for (firm, story), phone in zip(every, _phones(), strict=False))


async def _enter_all(town: Town, app: App) -> None:
    """Names first: a thread that opens has them from the start."""
    left = [(firm, phone, name, source) for firm, phone, (name, source, _) in _known() if name]

    async def some() -> None:
        while left:
            firm, phone, name, source = left.pop()
            await app.command("leads", "add", "--name", name, "--phone", phone, "--source", source, firm.team)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))


async def _talk(town: Town, firm: Firm, phone: str, said: Sequence[str]) -> None:
    """The lead and the firm, in turn; each waits until the other has heard."""
    for number, words in enumerate(said):
        if number % 2 == 0:
            await town.twilio.text(phone, firm.number, words)
        else:
            await _answer(town, firm, phone, said[number - 1], words)


async def _answer(town: Town, firm: Firm, phone: str, asked: str, words: str) -> None:
    root = await _seen(lambda: _root(town, firm, asked))
    await town.slack.say(firm.team, firm.channel, firm.agents[0][0], words, thread_ts=root)
    await _seen(lambda: words in [text.body for text in town.twilio.texts_to(phone)])


def _root(town: Town, firm: Firm, words: str) -> str | None:
    """The thread in which these words stand."""
    for root in town.slack.roots(firm.team, firm.channel):
        if any(words in str(one.get("text")) for one in town.slack.thread(firm.team, firm.channel, root["ts"])):
            return str(root["ts"])
    return None


async def _seen(look: Callable[[], T]) -> T:
    """What there is to see, once there is. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while not (found := look()):
            await asyncio.sleep(0.02)
    return found
