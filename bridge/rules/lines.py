"""What kind of line a number is, by what is said about it from several sides."""

from bridge.rules.preferences import LINES

UNKNOWN = "unknown"
LIMIT = 20  # characters that are stored


def after_look_up(known: str | None, said: str | None, *, has_texted: bool) -> str | None:
    """The kind that counts once Twilio has been asked; `said` is None where it would not or could not tell.

    To know nothing takes nothing away from what was known. And whoever has texted us can be texted: such a number
    is never called one that no text reaches.
    """
    if said is None or said == UNKNOWN:
        return known or UNKNOWN
    return known if has_texted and said in LINES else said[:LIMIT]
