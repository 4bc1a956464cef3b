"""Whether a text reads like an offer: what is advertised needs a consent of its own.

Careful, because a text that is held back for nothing costs its author time. So it looks for whole phrases, as
offers use them; most of their words are used by everybody ("are you free", "no deal", "the sale of your house").
"""

import re

ENOUGH = 2  # a phrase that is CLEAR, or two that are VAGUE

_MONEY = r"[$€£]\s?\d[\d,.]*"
_SHARE = r"\d{1,3}\s?(?:%|percent)"
_DAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_SOON = rf"(?:today|tonight|tomorrow|soon|now|(?:this |on )?{_DAY}|(?:this )?weekend)"
_SEASON = r"(?:flash|clearance|spring|summer|fall|autumn|winter|holiday|black friday|cyber monday|annual|big)"
_PRAISE = r"(?:special|exclusive|introductory|unbeatable|amazing)"

CLEAR = (
    rf"(?:{_SHARE}|{_MONEY})\s+(?:off|discount)\b",
    rf"save (?:up to )?(?:{_SHARE}|{_MONEY})",
    r"half[- ]price|half off|two for one|2[- ]for[- ]1\b|buy one,? get (?:one|another)|bogo\b",
    r"(?:coupon|promo|promotion|promotional|discount|voucher) code",
    r"limited[- ]time|while (?:supplies|stocks?) lasts?|(?:today|this week|this weekend) only",
    r"(?:act|buy|shop|order|subscribe|upgrade) now\b|order today\b",
    r"don'?t miss (?:out|this|it)\b|last chance to",
    rf"{_SEASON} sale\b|sale (?:ends|starts|begins|is on)\b",
    r"(?:everything|all \w+|items?|now|are|is|both) on sale\b",
    rf"{_PRAISE} (?:offers?|deals?|discounts?|savings|promotions?)\b",
    r"(?:great|hot|best|big|new|daily|holiday) deals?\b(?= on| of| for|!|$)|deals? of the (?:day|week|month)",
    r"(?:best|lowest) prices? (?:in town|ever|guaranteed|of the year)",
    r"prices? (?:slashed|start(?:ing)? (?:at|from))",
    r"free (?:gifts?|trial|shipping|delivery|month|upgrade|samples?) (?:with|when|if|on|for|for every)\b",
    r"(?:get|claim|win|grab|earn|receive) (?:a|an|your|one|two) free\b(?! (?:copy|moment|minute|hour|slot|time))",
    r"claim your (?:gift|prize|reward|discount|offer|bonus)|you(?:'ve| have) (?:won|been selected)",
    r"(?:offer|offering|giving|get|enjoy|receive) (?:you |all |our |\w+ ){0,3}(?:a |an )?(?:\w+ )?discounts?\b",
    r"(?:double|triple|bonus|earn) (?:rewards?|points)\b|refer a friend|join our (?:rewards|loyalty|vip)",
    r"(?:this|our) (?:week|month|weekend|season)'?s? (?:specials?|offers?|deals?|promotions?)\b|check out our",
)
VAGUE = (
    r"(?:coupons?|vouchers?|discount(?:s|ed)?|promotions?|clearance|on sale|savings)\b",
    r"(?:special (?:price|rate)s?|new arrivals|gift cards?|free (?:gift|shipping|trial|delivery))\b",
    rf"(?:offer|deal|promotion|discount)s? (?:ends?|expires?|is valid|valid)\b|ends {_SOON}",
    r"(?:book|sign up) (?:now|today)\b|hurry\b|spots? (?:are )?(?:left|limited|going fast)\b",
    r"use code \w*[a-z]\w*\d+\w*",
)
# Parts of words of which every phrase above has at least one, and most texts have none: then none is looked for.
TRACES = (
    "off", "discount", "save ", "half", "two for", "for 1", "for-1", "buy", "bogo", "code", "limited", "while s",
    "only", " now", "order today", "miss", "chance to", "sale", "offer", "deal", "saving", "promotion", "price",
    "free", "claim your", " won", "selected", "points", "reward", "refer a", "join our", "special", "check out our",
    "coupon", "voucher", "clearance", "arrivals", "gift", "ends ", "today", "hurry", "spot",
)  # fmt: skip
# What is owed or settled already, the offers of others, and answers to what they asked.
SETTLED = (
    r"as (?:we )?(?:agreed|discussed|promised)\b",
    r"we (?:had )?agreed\b|refund(?:ed)?\b",
    r"your (?:bill|invoice|balance|account)\b|the (?:bill|invoice|settlement|other side)\b",
    r"you asked (?:about|for|whether|if)\b",
)
REACH = 40  # characters: of the longest denial, and of what may stand behind it
_DENIED = re.compile(
    r"\b(?:no|not|never|without|isn't|aren't|don't|can't|cannot|won't|doesn't|didn't)\b[^.!?\n]{0,25}$",
    re.IGNORECASE,
)


def _compiled(phrases: tuple[str, ...]) -> list[re.Pattern[str]]:
    return [re.compile(rf"(?<!\w)(?:{phrase})") for phrase in phrases]


_CLEAR, _VAGUE, _SETTLED = _compiled(CLEAR), _compiled(VAGUE), _compiled(SETTLED)


def is_promotional(body: str) -> bool:
    """Whether it reads like an offer."""
    text = body.lower().replace("’", "'")
    if not any(trace in text for trace in TRACES):
        return False
    offered = ENOUGH * _said(_CLEAR, text) + _said(_VAGUE, text)
    return offered >= ENOUGH and offered - sum(bool(each.search(text)) for each in _SETTLED) >= ENOUGH


def _is_denied(text: str, start: int) -> bool:
    """Looks no further back than a denial reaches: people post forty thousand characters."""
    return _DENIED.search(text, max(0, start - REACH), start) is not None


def _said(phrases: list[re.Pattern[str]], text: str) -> int:
    """How many of them are in it and not denied: “we don't offer discounts”."""
    return sum(any(not _is_denied(text, found.start()) for found in phrase.finditer(text)) for phrase in phrases)
