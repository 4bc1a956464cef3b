"""Every reason why a text is not sent, each with the one sentence staff read.

The sentences of STOPPED, LANDLINE and TOO_FAST are the product's own words and are used to the letter.
"""

from enum import Enum


class Refusal(Enum):
    """Why a text was not sent. The value is the sentence; DUPLICATE is settled in silence and has none."""

    TWO_WAY_OFF = "Two-way SMS is off, so this was not sent. An admin can turn it on."
    ON_AGAIN = "Two-way SMS is on again, so the automatic text that it is off was not sent."
    NOT_AVAILABLE = "Available only for US and Canada-based businesses on paid plans."
    NO_CHARGING = (
        "Two-way SMS is an add-on to your plan, and your operator has not connected Stripe, which bills it. "
        "Ask your operator to."
    )
    STOPPED = "This lead has opted out of SMS. You can't send messages until they text START to opt back in."
    SUSPECTED = (
        "This lead may have asked not to be texted, so this was not sent. "
        "Say in the thread whether that was an opt-out."
    )
    NO_PHONE = "There is no phone number here that can be texted, so this was not sent."
    LANDLINE = "This number is a landline and can't receive SMS messages"
    OTHER_LINE = "This kind of number is not texted from here. Call or e-mail the lead instead."
    BLOCKED = (
        "Carriers kept taking texts to this number for spam, so it is blocked. "
        "An admin can lift that, with a reason."
    )
    DUPLICATE = ""
    TOO_FAST = "Rate limit: 10 messages per minute. Try again shortly."
    RECIPIENT_LIMIT = "This lead has been sent as many texts in a day as your firm allows. Try again tomorrow."
    DAILY_LIMIT = "Your firm has sent as many texts in a day as it may. An admin can ask for a higher limit."
    UNPAID = "The payment for two-way SMS is open, so this was not sent. An admin can pay it in this app's Home."
    MONTHLY_CAP = (
        "Your firm has sent as many texts this month as its own cap allows, so this was not sent. "
        "Your operator can raise the cap."
    )
    EMPTY = "There is nothing to send in this message. Write a few words first."
    UNFILLED = "Something in {{ }} is not filled in. Write what belongs there, or take it out, and send it again."
    TOO_LONG = "This message is too long to text. Shorten it to 1,600 characters and send it again."
    LONG = (
        "Your firm sends no long texts, so this was not sent. 160 characters fit, or 70 with an emoji or another "
        "special character. Shorten it and send it again."
    )
    BAD_FILE = "Only JPEG, PNG and GIF pictures of up to 5 MB can be texted, ten at most. Nothing was sent."
    CUSTOM_EMOJI = "Phones don't know your workspace's own emoji. Take it out and send the message again."
    NO_MARKETING_CONSENT = "This lead has not agreed to marketing texts, so this was not sent."
    QUIET_HOURS = "It is too early or too late for a first text where this lead is. Choose to send it later."
    TYPED_NUMBER = "Nobody has signed up with this number. An admin can allow texting such numbers."
    NO_CONSENT_SOURCE = "Say why this number may be texted; it is kept as proof."
    NO_NUMBER = "No number is connected to text from yet. An admin can connect one."
    NOT_YET_KNOWN = "Slack has not told me yet who you are. Try again in a moment."
    NOT_STAFF = "Only members of this workspace can text leads, so this was not sent."
    NOT_ADMIN = "Only admins of this workspace can do that."
    UNKNOWN_AUTHOR = "Slack did not say who wrote this, so it was not sent. Send it again."
    STALE = "This was not sent: it waited too long. Send it again if it is still right."
    LOST_THREAD = (
        "I don't know which lead this thread belongs to, so this was not sent. Reply in the lead's newest thread."
    )
    LOST_FILE = "The picture could not be read from Slack, so nothing was sent. Attach it again."

    @property
    def sentence(self) -> str:
        """What staff read."""
        return self.value

    @property
    def is_silent(self) -> bool:
        """Whether nobody is told, because nothing went wrong."""
        return self is Refusal.DUPLICATE
