"""What to call somebody: the first name in a name, where it can be told, and whether a text greets by it."""

import re
import unicodedata

from bridge.rules.keywords import letters, plain
from bridge.rules.mrkdwn import plain_name

TITLES = frozenset({"mr", "mrs", "ms", "mx", "miss", "dr", "prof", "professor", "sir", "madam", "rev", "hon"})
BEHIND = frozenset({"jr", "sr", "ii", "iii", "iv", "esq", "md", "phd", "dds", "cpa", "mba", "rn"})
# What stands where nobody wrote a name down, and what only businesses are called.
NOBODY = frozenset(
    {"unknown", "anonymous", "none", "na", "test", "lead", "caller", "guest", "customer", "client", "contact"}
)
BUSINESS = frozenset({"inc", "llc", "ltd", "llp", "corp", "co", "company", "gmbh", "the", "and"})
_JOINED = "'’-"
SHOUTED = 3  # letters in capitals that may be somebody's initials


def first_name(name: str | None) -> str | None:
    """The first name, fit to be texted; None in doubt: no name at all is better than “Hello Dr.”."""
    words = _in_order(plain_name(unicodedata.normalize("NFC", name or ""), 200))
    titled = [word for word in words if letters(word) not in TITLES]
    if not titled or (len(titled) == 1 and len(words) > 1) or any(letters(word) in BUSINESS for word in words):
        return None
    first = titled[0]
    return _written(first) if _is_name(first) else None


def greets(body: str, first: str) -> bool:
    """Whether this first name stands in the text, whatever its case and accents."""
    return re.search(rf"(?<!\w){re.escape(plain(first))}(?!\w)", plain(body)) is not None


def _in_order(name: str) -> list[str]:
    """The words of a name; “Example, Maria” is Maria Example, and what stands behind a name is left out."""
    last, _, behind = name.partition(",")
    given = [word for word in behind.replace(",", " ").split() if letters(word) not in BEHIND]
    return [*given, *last.split()]


def _is_name(word: str) -> bool:
    """Two letters or more, and nothing else but what joins some names: no initial, address, number or picture."""
    parts = re.split(f"[{_JOINED}]", word)
    spelt = all(
        part and all(c.isalpha() or unicodedata.category(c) in {"Mn", "Mc"} for c in part) for part in parts
    )
    return spelt and len(letters(word)) > 1 and letters(word) not in NOBODY


def _written(word: str) -> str:
    """With a capital, where somebody typed none, or nothing else."""
    return word.title() if word.islower() or (word.isupper() and len(word) > SHOUTED) else word
