"""Accounts and IncomingPhoneNumbers: whose numbers there are, and where their texts go."""

from fnmatch import fnmatchcase

from aiohttp import web

from .answers import account_json, number_json
from .call import Call, check_one_of, check_url, json_answer
from .paging import old_style
from .records import Number
from .refused import RefusedError
from .texts import words

FILTERS = words("Beta FriendlyName PhoneNumber Origin PageSize Page PageToken")
CHANGES = words(
    "AccountSid ApiVersion FriendlyName SmsApplicationSid SmsFallbackMethod SmsFallbackUrl SmsMethod SmsUrl "
    "StatusCallback StatusCallbackMethod VoiceApplicationSid VoiceCallerIdLookup VoiceFallbackMethod "
    "VoiceFallbackUrl VoiceMethod VoiceUrl EmergencyStatus EmergencyAddressSid TrunkSid VoiceReceiveMode "
    "IdentitySid AddressSid BundleSid"
)


async def account(call: Call) -> web.Response:
    """GET Accounts/{sid}.json."""
    call.only(())
    return json_answer(account_json(call.account))


async def listing(call: Call) -> web.Response:
    """GET IncomingPhoneNumbers.json. PhoneNumber is exact, or has * for any digits."""
    call.only(FILTERS)
    phone, name = call.get("PhoneNumber"), call.get("FriendlyName")
    rows = [number for number in call.world.numbers.values() if number.account_sid == call.account.sid]
    rows = [number for number in rows if not phone or fnmatchcase(number.phone, phone)]
    rows = [number for number in rows if not name or number_json(number)["friendly_name"] == name]
    return json_answer(old_style(call, "incoming_phone_numbers", rows, lambda row: row.sid, number_json))


def the_number(call: Call) -> Number:
    """The number that the path names, if it is this account's."""
    for number in call.world.numbers.values():
        if number.sid == call.parts["Sid"] and number.account_sid == call.account.sid:
            return number
    raise RefusedError(20404)


async def fetch(call: Call) -> web.Response:
    """GET IncomingPhoneNumbers/{sid}.json."""
    return json_answer(number_json(the_number(call)))


async def update(call: Call) -> web.Response:
    """POST IncomingPhoneNumbers/{sid}.json: what is not named stays as it is."""
    call.only(CHANGES)
    number = the_number(call)
    change_settings(call, number.settings)
    call.world.announce("number", phone=number.phone)
    return json_answer(number_json(number))


def change_settings(call: Call, settings: dict[str, str]) -> None:
    """Check all new values, then take them over."""
    for name, value in call.params.items():
        if name.endswith(("Url", "Callback")) and value:
            check_url(value, 21402)
        if name.endswith("Method"):
            check_one_of(name, value, {"GET", "POST"}, 21403)
    settings.update(call.params)
