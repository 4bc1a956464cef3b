"""What is nowhere printed, whatever a story is about: people's words and numbers, and the firms' secrets."""

from collections.abc import Iterable

from bridge import metrics
from bridge.sandbox.twilio import PretendTwilio
from tests.cast import DENTAL, KEY, LAW, OWN_TOKEN, SIGNING_SECRET, TOKEN
from tests.pretenders import STRIPE_KEY

SECRETS = (KEY, LAW.bot_token, DENTAL.bot_token, OWN_TOKEN, SIGNING_SECRET, TOKEN, STRIPE_KEY)
SENTENCE = 8  # characters with a space among them; shorter words may well be ours


def labels() -> set[str]:
    """Every value of a label of a figure: what else is in them is numbers, and names of ours."""
    found = set(metrics.REGISTRY._names_to_collectors.values())
    return {value for each in found for values in getattr(each, "_metrics", ()) for value in values}


def telling(lines: Iterable[str], twilio: PretendTwilio) -> list[str]:
    """The lines with something in them that somebody texted, the number of a phone, or a secret."""
    phones = {phone.lstrip("+") for phone in (*twilio.threads, *twilio.numbers) if phone.startswith("+")}
    said = {text.body for text in twilio.log.values() if len(text.body) >= SENTENCE and " " in text.body}
    return [line for line in lines if any(each in line for each in (*SECRETS, *phones, *said))]
