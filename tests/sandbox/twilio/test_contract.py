"""The pretender against Twilio's own OpenAPI description: addresses, parameters, and the shape of every answer."""

import functools
import json
import os
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from jsonschema import Draft202012Validator

from bridge.sandbox.twilio import PretendMedia, PretendTwilio
from bridge.sandbox.twilio.routes import ROUTES, Route

ACCOUNT, TOKEN, OURS, LEAD = "AC" + "a" * 32, "token-of-the-first-firm", "+14155550100", "+14155550111"
SERVICE = "MG" + "b" * 32
AUTH = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}
DATA = Path(os.environ.get("CONTRACT_DATA", "../shared/vendor")) / "twilio"
FILES = {
    "api": "twilio_api_v2010.json",
    "lookups": "twilio_lookups_v2.json",
    "messaging": "twilio_messaging_v1.json",
}
# In Twilio's own Python library since 9.12, not yet in its description.
NOT_DESCRIBED_YET = {"create": {"MessageIntent"}}

pytestmark = pytest.mark.skipif(
    not all((DATA / name).exists() for name in FILES.values()),
    reason=f"Twilio's OpenAPI files are not in {DATA.resolve()}: set CONTRACT_DATA to the folder of vendor data",
)
# The bytes of a file and its deletion have a second address without .json, which the description leaves out.
DESCRIBED = [route for route in ROUTES if "/Media/{Sid}" not in route.path or route.path.endswith(".json")]


@functools.cache
def description(product: str) -> dict[str, Any]:
    """One of Twilio's files."""
    loaded: dict[str, Any] = json.loads((DATA / FILES[product]).read_text())
    return loaded


def parts(route: Route) -> tuple[str, str]:
    """The product and the path of a route."""
    _, product, path = route.path.split("/", 2)
    return product, "/" + path


def operation(route: Route) -> dict[str, Any]:
    """Twilio's description of a route."""
    product, path = parts(route)
    described: dict[str, Any] = description(product)["paths"][path][route.method.lower()]
    return described


def plain(product: str, schema: Any) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema: references resolved, `nullable` spelt out, no field left to chance."""
    if isinstance(schema, list):
        return [plain(product, item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return plain(product, description(product)["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    kept = {name: plain(product, value) for name, value in schema.items() if name not in {"nullable", "example"}}
    if "properties" in kept:
        # Fields that Twilio does not describe are inventions; those that it describes are expected.
        kept["additionalProperties"] = False
    if schema.get("nullable"):
        return {"anyOf": [kept, {"type": "null"}]}
    return kept


def answer_schema(route: Route, status: int) -> Any:
    """The schema of an answer, or nothing for an answer without a body."""
    content = operation(route)["responses"][str(status)].get("content")
    return plain(parts(route)[0], content["application/json"]["schema"]) if content else None


@pytest.mark.parametrize("route", DESCRIBED, ids=lambda route: f"{route.method} {route.path}")
def test_parameters_are_those_of_the_description(route: Route) -> None:
    described = operation(route)
    query = {each["name"] for each in described.get("parameters", []) if each["in"] == "query"}
    forms = described.get("requestBody", {}).get("content", {})
    form = forms.get("application/x-www-form-urlencoded", {}).get("schema", {}).get("properties", {})
    assert route.accepts - NOT_DESCRIBED_YET.get(route.name, set()) == query | set(form)


def without_nulls(value: Any) -> Any:
    """An object without its empty fields."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    return value


def missing(schema: Any, answer: Any) -> set[str]:
    """Described fields of an object that an answer leaves out."""
    return set(schema.get("properties", {})) - set(answer)


REQUESTS: dict[str, dict[str, Any]] = {
    "create": {"To": LEAD, "From": OURS, "Body": "Hi"},
    "update": {"Body": ""},
    "number_update": {"SmsUrl": "https://a.example/"},
    "service_update": {"InboundRequestUrl": "https://a.example/"},
    "lookup": {"Fields": "line_type_intelligence"},
}


@pytest.fixture
async def world(twilio: PretendTwilio) -> dict[str, str]:
    """One of everything; the values of the path parameters."""
    number = twilio.add_number(ACCOUNT, "+14155550101", messaging_service_sid=SERVICE)
    files = [PretendMedia(b"1"), PretendMedia(b"2")]
    message = await twilio.text(LEAD, OURS, "Hello", media=files, deliver=False)
    media = next(iter(twilio.media))
    sids = {"Message": message, "Media": media, "Number": number, "Service": SERVICE, "Account": ACCOUNT}
    return {"AccountSid": ACCOUNT, "MessageSid": message, "ServiceSid": SERVICE, "PhoneNumber": LEAD, **sids}


def address(route: Route, world: dict[str, str]) -> str:
    """A route with its blanks filled in."""
    kinds = {"media": "Media", "number": "Number", "service": "Service", "account": "Account"}
    return route.path.format(**world, Sid=world[kinds.get(route.group, "Message")])


@pytest.mark.parametrize("route", DESCRIBED, ids=lambda route: f"{route.method} {route.path}")
async def test_answers_have_the_described_shape(
    twilio: PretendTwilio, http: aiohttp.ClientSession, world: dict[str, str], route: Route
) -> None:
    sent: dict[str, Any] = {"headers": AUTH}
    sent["data" if route.method == "POST" else "params"] = REQUESTS.get(route.name, {})
    async with http.request(route.method, twilio.url + address(route, world), **sent) as answer:
        schema = answer_schema(route, answer.status)
        if schema is None:
            assert await answer.read() == b""
            return
        body = await answer.json()
    assert missing(schema, body) == set()
    if route.name == "lookup":
        body = without_nulls(body)  # its description calls nothing nullable, its examples are full of nulls
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(body)
    for name, value in body.items():
        if isinstance(value, list) and value:
            assert missing(schema["properties"][name]["items"], value[0]) == set()


@pytest.mark.parametrize("path", ["Messages.json", "IncomingPhoneNumbers.json"])
async def test_every_state_of_a_resource_has_the_described_shape(
    twilio: PretendTwilio, http: aiohttp.ClientSession, world: dict[str, str], client: Any, path: str
) -> None:
    twilio.add_number(ACCOUNT, "+18335550100", kind="tollfree", sms=False)
    for phone in sorted(twilio.behaviours):
        if twilio.behaviour(phone).refused is None and not twilio.behaviour(phone).cut:
            await client.messages.create_async(to=phone, messaging_service_sid=SERVICE, body="Hi")
    twilio.slow_status = 0.01
    await twilio.text(LEAD, OURS, "STOP", deliver=False)
    await twilio.settled()
    route = next(route for route in ROUTES if route.path.endswith(path) and route.method == "GET")
    async with http.get(twilio.url + address(route, world), headers=AUTH) as answer:
        Draft202012Validator(answer_schema(route, 200)).validate(await answer.json())
