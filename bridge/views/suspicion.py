"""The thread asks whether a lead's words were an opt-out."""

from bridge.rules.mrkdwn import quoted
from bridge.views.shown import Shown, actions, button, section

OPT_OUT = "suspicion_opt_out"
DISMISS = "suspicion_dismiss"

ASKED = "This may be a request for no more texts. Until somebody decides, nobody can text this lead. Was it one?"
ASKED_AGAIN = (
    "This has waited for five business days. If nobody decides within four more, it counts as an opt-out. "
    "Did the lead ask for no more texts?"
)
ALERT = (
    "{number} may have asked for no more texts five business days ago, and nobody has decided yet. "
    "Please choose in the lead's thread."
)
APPLIED = ":no_entry: opted out: nobody decided within nine business days whether the lead had asked for that."


def question(message_id: int, body: str, *, again: bool = False) -> Shown:
    """Two buttons under the words it is about."""
    sentence = ASKED_AGAIN if again else ASKED
    buttons = actions(
        button("Mark opted out", OPT_OUT, str(message_id)), button("Not an opt-out", DISMISS, str(message_id))
    )
    return Shown(sentence, [section(f":warning: {sentence}"), quoted(body[:400]), buttons])
