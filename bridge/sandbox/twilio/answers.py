"""Resources as Twilio writes them."""

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from .records import Account, Number, PretendMessage, Service, StoredMedia

VERSION = "2010-04-01"


def old_date(when: datetime | None) -> str | None:
    """A date of the 2010 API, which knows no fractions of a second."""
    return format_datetime(when) if when else None


def new_date(when: datetime) -> str:
    """A date of the newer APIs."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def account_uri(account_sid: str) -> str:
    """Where an account's resources begin."""
    return f"/{VERSION}/Accounts/{account_sid}"


def message_json(message: PretendMessage) -> dict[str, Any]:
    """A Message resource. Numbers in it are strings, as in the real one."""
    uri = f"{account_uri(message.account_sid)}/Messages/{message.sid}"
    files = len(message.media_urls)
    return {
        "sid": message.sid,
        "account_sid": message.account_sid,
        "api_version": VERSION,
        "from": message.from_ or None,
        "to": message.to,
        "body": message.body,
        "status": message.status,
        "direction": message.direction,
        "num_segments": str(message.num_segments),
        "num_media": str(files),
        "messaging_service_sid": message.messaging_service_sid,
        "error_code": message.error_code,
        "error_message": None,
        "price": "-0.00790" if message.date_sent else None,
        "price_unit": "USD",
        "date_created": old_date(message.date_created),
        "date_updated": old_date(message.date_updated),
        "date_sent": old_date(message.date_sent),
        "uri": uri + ".json",
        "subresource_uris": {"media": uri + "/Media.json", "feedback": uri + "/Feedback.json"},
    }


def media_json(stored: StoredMedia) -> dict[str, Any]:
    """A Media resource: about the file, not the file."""
    uri = f"{account_uri(stored.account_sid)}/Messages/{stored.parent_sid}/Media/{stored.sid}.json"
    return {
        "sid": stored.sid,
        "account_sid": stored.account_sid,
        "parent_sid": stored.parent_sid,
        "content_type": stored.media.content_type,
        "date_created": old_date(stored.date_created),
        "date_updated": old_date(stored.date_created),
        "uri": uri,
    }


def account_json(account: Account) -> dict[str, Any]:
    """An Account resource, without its token: the pretender tells secrets to nobody."""
    uri = account_uri(account.sid)
    parts = {"messages": "Messages", "incoming_phone_numbers": "IncomingPhoneNumbers"}
    return {
        "sid": account.sid,
        "owner_account_sid": account.sid,
        "auth_token": None,
        "friendly_name": "Pretend account",
        "status": "active",
        "type": "Full",
        "date_created": old_date(account.date_created),
        "date_updated": old_date(account.date_created),
        "uri": uri + ".json",
        "subresource_uris": {name: f"{uri}/{part}.json" for name, part in parts.items()},
    }


def number_json(number: Number) -> dict[str, Any]:
    """An IncomingPhoneNumber resource."""
    local = number.phone.removeprefix("+1")
    return {
        "sid": number.sid,
        "account_sid": number.account_sid,
        "api_version": VERSION,
        "phone_number": number.phone,
        "friendly_name": number.settings.get("FriendlyName") or f"({local[:3]}) {local[3:6]}-{local[6:]}",
        "capabilities": {"voice": True, "sms": number.sms, "mms": number.mms, "fax": False},
        "date_created": old_date(number.date_created),
        "date_updated": old_date(number.date_created),
        "beta": False,
        "origin": "twilio",
        "status": "in-use",
        "type": number.kind,
        "address_requirements": "none",
        "uri": f"{account_uri(number.account_sid)}/IncomingPhoneNumbers/{number.sid}.json",
        **_number_addresses(number.settings),
        **_number_voice(number.settings),
    }


def _number_addresses(settings: dict[str, str]) -> dict[str, Any]:
    """The part about texts and registered addresses."""
    return {
        "sms_url": settings.get("SmsUrl", ""),
        "sms_method": settings.get("SmsMethod", "POST"),
        "sms_fallback_url": settings.get("SmsFallbackUrl", ""),
        "sms_fallback_method": settings.get("SmsFallbackMethod", "POST"),
        "sms_application_sid": settings.get("SmsApplicationSid") or None,
        "status_callback": settings.get("StatusCallback", ""),
        "status_callback_method": settings.get("StatusCallbackMethod", "POST"),
        "address_sid": settings.get("AddressSid"),
        "bundle_sid": settings.get("BundleSid"),
        "identity_sid": settings.get("IdentitySid"),
        "trunk_sid": settings.get("TrunkSid"),
        "emergency_status": settings.get("EmergencyStatus", "Inactive"),
        "emergency_address_sid": settings.get("EmergencyAddressSid"),
        "emergency_address_status": "unregistered",
    }


def _number_voice(settings: dict[str, str]) -> dict[str, Any]:
    """The part about calls."""
    return {
        "voice_url": settings.get("VoiceUrl", ""),
        "voice_method": settings.get("VoiceMethod", "POST"),
        "voice_fallback_url": settings.get("VoiceFallbackUrl", ""),
        "voice_fallback_method": settings.get("VoiceFallbackMethod", "POST"),
        "voice_application_sid": settings.get("VoiceApplicationSid") or None,
        "voice_caller_id_lookup": settings.get("VoiceCallerIdLookup") == "true",
        "voice_receive_mode": settings.get("VoiceReceiveMode", "voice"),
    }


def service_json(service: Service) -> dict[str, Any]:
    """A messaging service."""
    url = f"https://messaging.twilio.com/v1/Services/{service.sid}"
    parts = {"phone_numbers": "PhoneNumbers", "short_codes": "ShortCodes", "alpha_senders": "AlphaSenders"}
    parts |= {"us_app_to_person": "Compliance/Usa2p", "messages": "Messages"}
    given = service.settings.get
    return {
        "sid": service.sid,
        "account_sid": service.account_sid,
        "friendly_name": given("FriendlyName", "Pretend service"),
        "date_created": new_date(service.date_created),
        "date_updated": new_date(service.date_created),
        "inbound_request_url": given("InboundRequestUrl") or None,
        "inbound_method": given("InboundMethod", "POST"),
        "fallback_url": given("FallbackUrl") or None,
        "fallback_method": given("FallbackMethod", "POST"),
        "status_callback": given("StatusCallback") or None,
        "use_inbound_webhook_on_number": given("UseInboundWebhookOnNumber") == "true",
        "sticky_sender": given("StickySender", "true") == "true",
        "mms_converter": given("MmsConverter", "true") == "true",
        "smart_encoding": given("SmartEncoding", "false") == "true",
        "scan_message_content": given("ScanMessageContent", "inherit"),
        "fallback_to_long_code": given("FallbackToLongCode", "false") == "true",
        "area_code_geomatch": given("AreaCodeGeomatch", "true") == "true",
        "validity_period": int(given("ValidityPeriod", "36000")),
        "synchronous_validation": given("SynchronousValidation", "false") == "true",
        "usecase": given("Usecase", "undeclared"),
        "us_app_to_person_registered": False,
        "url": url,
        "links": {name: f"{url}/{part}" for name, part in parts.items()},
    }


def pool_json(number: Number) -> dict[str, Any]:
    """A number as a member of its messaging service."""
    abilities = [("SMS", number.sms), ("MMS", number.mms), ("Voice", True)]
    return {
        "sid": number.sid,
        "account_sid": number.account_sid,
        "service_sid": number.service_sid,
        "date_created": new_date(number.date_created),
        "date_updated": new_date(number.date_created),
        "phone_number": number.phone,
        "country_code": number.country,
        "capabilities": [name for name, able in abilities if able],
        "url": f"https://messaging.twilio.com/v1/Services/{number.service_sid}/PhoneNumbers/{number.sid}",
    }
