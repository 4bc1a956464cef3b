"""Free words that may be an opt-out, and how long somebody has to decide whether they are one.

Such wording counts as much as a keyword, 47 CFR 64.1200(a)(10), but a person has to say that it was meant so. It is
looked for so as to miss little, and to leave alone what merely has the words in it: "can you stop by at 5?".
"Wrong number" alone is not suspected: it says whose phone this is, and as often answers something else. Staff read
it, and can opt the number out themselves; "wrong number, stop texting me" is found by its other words.
"""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bridge.rules.keywords import letters, plain

# The law gives ten business days. After five others are asked, after nine it is taken for an opt-out.
REMIND_AFTER, APPLY_AFTER = 5, 9


def business_days_after(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """The same time of day so many business days later, where the firm is.

    Business days are Monday to Friday. Holidays count as such: that only makes it earlier, which is safe, and needs
    no list that somebody must keep right.
    """
    there = moment.astimezone(zone)
    day, left = there, days
    while left:
        day += timedelta(days=1)  # by the calendar: the time of day stays, whatever clocks do that night
        left -= day.weekday() < 5
    return day.astimezone(UTC)


def sounds_like_opt_out(body: str) -> bool:
    """Would a reasonable person read this as "no more texts"? For what is no keyword."""
    if not _HINTS.search(letters(body)):  # most texts have none of these, and need no closer look
        return False
    sentences = [letters(sentence) for sentence in re.split(r"[.!?,;:\n]", body)]
    return not _ALONE.isdisjoint(sentences) or any(wish.search(_words(body)) for wish in _WISHES)


# Every wish has one of these in it.
_HINTS = re.compile(
    "stop|quit|cease|cancel|end|text|messag|msg|contact|writ|sms|spam|communication|notification|alert|remove|delete|"
    "take|drop|lose|forget|opt|unsub|revoke|withdraw|leave|hear|bother|harass|email|arret|desabonn|retirez|ecri|envoy"
)
_ALONE = frozenset({"stop", "stopall", "unsubscribe", "optout", "revoke", "arret"})  # as a whole sentence

_TEXTS = r"(?:texts?|sms|messages?|msgs?|spam|communications?|notifications?|alerts?)"
_TEXTING = r"(?:texting|messaging|contacting|writing|sending|emailing|spamming|harassing|bothering)"
_LISTS = rf"(?:{_TEXTS}|lists?|database|systems?|records?|contacts|group|thread|campaigns?|marketing|mailings?)"
_SUCH = r"(?:all|any|the|these|those|this|such|your|more|further|future|automated|marketing|text|me|us|of|with)"
_ME = r"(?:me|us|here|this number)"
_MINE = r"(?:me|us|my (?:phone |cell )?number|this number|my info(?:rmation)?)"
_CHATTER = r"(?:please|pls|plz|just|now|already|it|this|that|thanks|thank you|immediately|ok|okay|hey|hi|no)"
_DONT = r"(?:do not|dont)"
# Behind it stands when, and not that: "don't text me before 9, call me"
_NOT_NOW = (
    r"back|before|after|until|till|unless|between|while|during|when|if|so (?:early|late|much|often)|too|late|early|"
    r"past|yet|first|today|tonight|tomorrow|this (?:morning|afternoon|evening|week)|"
    r"at (?:\d+|night|work|noon|lunch)|"
    r"in the (?:morning|afternoon|evening)|on (?:the )?(?:mon|tues|wednes|thurs|fri|satur|sun|week)\w*|about|that"
)
_DONT_WANT = r"(?:do not|dont|not|no longer) (?:want|wish|need|care|like)"

# Matched against the text as `_words` writes it.
_WISHES = [
    re.compile(wish)
    for wish in (
        # "stop texting me", "quit sending these", "stop all messages"; not "why did you stop texting me"
        rf"(?<!cant )(?<!cannot )(?<!dont )(?<!not )(?<!did you )\b(?:stop|quit|cease) (?:{_SUCH} |sending )*"
        rf"(?:{_TEXTS}\b|{_TEXTING}(?: to)? (?:{_ME}|{_SUCH})\b|{_TEXTING}$)",
        # "cancel these texts", "end the messages"
        rf"^(?:{_CHATTER} |(?:can|could|would|will) you |i want to )*"
        rf"(?:cancel|end) (?:{_SUCH} )*{_TEXTS}(?: {_CHATTER})*$",
        # what only begins with the word: Twilio does nothing on it
        r"^(?:stop|unsubscribe|optout|revoke) (?:im|this is|who is|wrong|not|dont|do not|never)\b",
        # "please stop", "stop it now", with nothing else in the message
        rf"^(?:{_CHATTER} |(?:can|could|would|will) you |you need to )*"
        rf"(?:(?:please|pls|plz) stop|stop (?:{_CHATTER}|stop))(?: {_CHATTER}| stop)*$",
        r"\bi (?:said|told you to|asked you to) stop\b",
        # "do not text me", "never text me again", "don't send any more messages"; not "you don't text me back"
        rf"\b{_DONT} (?:ever |please |even )*(?:text|message|msg|contact|write) (?:to )?{_ME}\b"
        rf"(?! (?:{_NOT_NOW})\b)",
        rf"\b(?:{_DONT}|never) (?:text|message|contact|write|send)\b(?: \w+){{0,4}} (?:again|anymore|any more)\b",
        rf"\b{_DONT} send (?:{_SUCH} )*{_TEXTS}\b",
        # "don't want these texts", "no longer wish to receive messages", "don't want to hear from you"
        rf"\b{_DONT_WANT}(?: to)?(?: you to| you| be| get| getting| have| receive| receiving| {_SUCH})+ "
        rf"(?:{_TEXTS}|{_TEXTING}|texted|messaged|contacted)\b",
        rf"\b{_DONT_WANT} (?:{_TEXTS}\b|to hear from you)",
        rf"\b(?:no more|enough of|enough with) (?:{_SUCH} )*(?:{_TEXTS}|{_TEXTING})\b",
        # "remove me", "take me off your list", "lose my number"; not "remove me from the lease"
        rf"\b(?:remove|delete|take|drop) {_MINE} (?:from|off|out of)(?: of)?(?: (?!wait)\w+){{0,3}}? {_LISTS}\b",
        rf"\b(?:remove|delete|take) {_MINE}(?: off)?(?: {_CHATTER})*$",
        r"\b(?:lose|forget) (?:my|this) (?:phone )?number\b",
        # "opt me out", "how do I opt out of these texts"; not "opt out of the dental plan"
        r"\bopt(?:ing)? ?(?:me |us )?out\b(?! of)",
        rf"\bopt(?:ing)? ?(?:me |us )?out of (?:receiving |getting )?(?:{_SUCH} )*{_LISTS}\b",
        r"\bunsub(?:scribe)?\b",
        r"\b(?:revoke|withdraw) (?:my |all |any )*(?:consent|permission)\b",
        r"\b(?:leave me alone|do not contact|cease all contact)\b",
        # French: "arrêtez de m'écrire", "ne m'envoyez plus de messages", "désabonnez-moi"
        r"\b(?:arretez de m(?:e |envoyer|ecrire)|desabonnez|desabonner|retirez moi)",
        r"\bne m(?:e )?(?:envoyez|ecrivez|textez|contactez) plus\b",
    )
]


def _words(text: str) -> str:
    """Letters and digits, with one space between words; "don't" is one word."""
    return " ".join(re.sub(r"\W", " ", re.sub(r"['’`]", "", plain(text))).split())
