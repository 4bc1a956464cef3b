"""A pretend Twilio with phones: the parts of Twilio that the app uses, on loopback.

Served under one base URL, as the setting TWILIO_API_URL asks: api.twilio.com below /api, lookups.twilio.com below
/lookups, messaging.twilio.com below /messaging. Picture bytes come from /cdn, the page and the demo talk to /_/.

    twilio = PretendTwilio()
    await twilio.start()
    twilio.add_account(account_sid, auth_token)
    twilio.add_number(account_sid, "+14155550100", sms_url="http://127.0.0.1:8080/twilio/sms")
    await twilio.text("+14155550111", "+14155550100", "Hello")      # a person texts the firm
    twilio.texts_to("+14155550111")                                 # what arrived on that person's phone
    await twilio.stop()

Phone numbers with a fate of their own are listed in `magic.py`.
"""

from .magic import MAGIC, Behaviour
from .pretender import PretendTwilio
from .records import ApiRequest, PretendMedia, PretendMessage, Webhook

__all__ = ["MAGIC", "ApiRequest", "Behaviour", "PretendMedia", "PretendMessage", "PretendTwilio", "Webhook"]
