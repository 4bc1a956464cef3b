"""Words by which leads stop, start and ask for help, and wording that sounds as if a lead wants no more texts.

Sources: Twilio, "Support for opt-out keywords" (223134027) and, for toll-free numbers, 360058144374; the words that
47 CFR 64.1200(a)(10) names; French ones for Canada. What Twilio does by itself and what we do are two questions:
it knows single words only and not JOIN, and we cannot ask it whom it blocks.
"""

import re
import unicodedata
from enum import Enum, auto


class Keyword(Enum):
    """What a message asks for that consists of nothing but a keyword."""

    STOP = auto()
    START = auto()
    HELP = auto()


# Written as `_key` writes them, so that "Opt-out!" and "STOP ALL" are found.
_STOP = frozenset({"stop", "stopall", "cancel", "unsubscribe", "quit", "end", "revoke", "optout", "arret"})
_START = frozenset({"start", "join", "unstop"})
_HELP = frozenset({"help", "info", "aide"})

_TWILIO_STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_TWILIO_START = frozenset({"START", "YES", "UNSTOP"})
_TWILIO_START_TOLL_FREE = frozenset({"START", "UNSTOP"})
_TWILIO_HELP = frozenset({"HELP", "INFO"})


def keyword(
    body: str,
    *,
    opted_out: bool,
    toll_free: bool = False,
    opt_out_type: str | None = None,
    extra_stop: frozenset[str] = frozenset(),
) -> Keyword | None:
    """The keyword a message is, whatever its case, spaces and punctuation; None if it says anything else.

    YES is an answer to what staff asked, unless the lead is opted out; it lifts no block of a toll-free number.
    Otherwise Twilio's own reading, `opt_out_type`, wins where Advanced Opt-Out gives it.
    """
    key = _key(body)
    if key == "yes" and not opted_out:
        return None
    if told := Keyword.__members__.get((opt_out_type or "").upper()):
        return told
    if key and key in _STOP.union(map(_key, extra_stop)):
        return Keyword.STOP
    if key in _START or (key == "yes" and not toll_free):
        return Keyword.START
    return Keyword.HELP if key in _HELP else None


def carrier_blocks(body: str, *, toll_free: bool) -> bool:
    """Does Twilio or the toll-free network now refuse our texts to this lead, with error 21610?

    Whether a toll-free number takes more than STOP is not written anywhere. It is assumed: a START lifts either.
    """
    return _word(body) in _TWILIO_STOP


def lifts_carrier_block(body: str, *, toll_free: bool) -> bool:
    """Does this end such a block? JOIN does not, nor does YES at a toll-free number."""
    return _word(body) in (_TWILIO_START_TOLL_FREE if toll_free else _TWILIO_START)


def carrier_answers(body: str, *, toll_free: bool) -> bool:
    """Does the lead get an answer without us? A second one from us would be one too many."""
    return (
        carrier_blocks(body, toll_free=toll_free)
        or lifts_carrier_block(body, toll_free=toll_free)
        or _word(body) in _TWILIO_HELP
    )


def sounds_like_opt_out(body: str) -> bool:
    """Would a reasonable person read this as "no more texts"? For what `keyword` did not settle.

    Such wording counts as much as a keyword, 47 CFR 64.1200(a)(10), but a person has to confirm it. Meant to miss
    little and to leave alone what merely has the words in it: "can you stop by at 5?", "cancel my appointment".
    """
    sentences = [_key(sentence) for sentence in re.split(r"[.!?,;:\n]", body)]
    return not _ALONE.isdisjoint(sentences) or any(wish.search(_words(body)) for wish in _WISHES)


_ALONE = frozenset({"stop", "stopall", "unsubscribe", "optout", "revoke", "arret"})  # as a whole sentence

_TEXTS = r"(?:texts?|sms|messages?|msgs?|spam|communications?|notifications?|alerts?)"
_TEXTING = r"(?:texting|messaging|contacting|writing|sending|emailing|spamming|harassing|bothering)"
_LISTS = rf"(?:{_TEXTS}|lists?|database|systems?|records?|contacts|group|thread|campaigns?|marketing|mailings?)"
_SUCH = r"(?:all|any|the|these|those|this|such|your|more|further|future|automated|marketing|text|me|us|of|with)"
_ME = r"(?:me|us|here|this number)"
_MINE = r"(?:me|us|my (?:phone |cell )?number|this number|my info(?:rmation)?)"
_CHATTER = r"(?:please|pls|plz|just|now|already|it|this|that|thanks|thank you|immediately|ok|okay|hey|hi|no)"
_DONT = r"(?:do not|dont)"
_DONT_WANT = r"(?:do not|dont|not|no longer) (?:want|wish|need|care|like)"

# Matched against the text as `_words` writes it.
_WISHES = [
    re.compile(wish)
    for wish in (
        # "stop texting me", "quit sending these", "stop all messages"; not "why did you stop texting me"
        rf"(?<!cant )(?<!cannot )(?<!dont )(?<!not )(?<!did you )\b(?:stop|quit|cease) (?:{_SUCH} |sending )*"
        rf"(?:{_TEXTS}\b|{_TEXTING}(?: to)? (?:{_ME}|{_SUCH})\b|{_TEXTING}$)",
        # "please stop", "stop it now", with nothing else in the message
        rf"^(?:{_CHATTER} |(?:can|could|would|will) you |you need to )*"
        rf"(?:(?:please|pls|plz) stop|stop (?:{_CHATTER}|stop))(?: {_CHATTER}| stop)*$",
        r"\bi (?:said|told you to|asked you to) stop\b",
        # "do not text me", "never text me again", "don't send any more messages"; not "you don't text me back"
        rf"\b{_DONT} (?:ever |please |even )*(?:text|message|msg|contact|write) (?:to )?{_ME}\b(?! back)",
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


def _key(text: str) -> str:
    """Letters and digits only, without accents and case."""
    return "".join(c for c in _folded(text) if c.isalnum())


def _words(text: str) -> str:
    """The same, with one space between words; "don't" is one word."""
    return " ".join(re.sub(r"\W", " ", re.sub(r"['’`]", "", _folded(text))).split())


def _folded(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def _word(body: str) -> str:
    """The message as Twilio compares it. That it overlooks blanks around the word is assumed: phones add them."""
    return body.strip().upper()
