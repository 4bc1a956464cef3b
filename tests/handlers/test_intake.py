"""The door at which other programs hand in leads: who is let in, what is read, and how it says no."""

import asyncio
import gzip
import json
import shlex
import time
from html import unescape
from html.parser import HTMLParser
from typing import Any

import jsonschema
import pytest
from aiohttp import web

from bridge import handlers
from bridge.handlers import door as doors
from bridge.rules import api_keys as rules
from bridge.rules.intake import LIMIT
from bridge.services import api_keys
from bridge.store import tables
from tests.handlers.conftest import Open
from tests.handlers.knock import FORM, JSON, Answer, knock, line, nothing_logged
from tests.house.test_routes import routes
from tests.intake import LEADS, found, hand_in, key_of, lead, problem, showing, stored, take_back, told
from tests.stage import Stage

DOCUMENT, DOCS = "/api/openapi.json", "/api/docs"


async def document(stage: Stage) -> Any:
    return told(await knock(stage, DOCUMENT, method="GET"))


@pytest.mark.faults("S1", "S7")
async def test_no_answer_tells_what_is_wrong_with_a_key(door: Stage, caplog: pytest.LogCaptureFixture) -> None:
    key, revoked = await key_of(door, door.law), await key_of(door, door.law, "revoked")
    assert await api_keys.revoke(door.app.deps, door.law, "revoked", door.clock())
    unknown = rules.made_of(b"k" * rules.BYTES)
    shown = [
        "",
        key,
        f"Basic {key}",
        f"Bearer {key}x",
        f"Bearer {revoked}",
        f"Bearer {unknown}",
        f"Bearer {key[:-1]}",
    ]
    shown += ["Bearer", "Bearer  ", f"Bearer {key} {key}", "Bearer bridge_é", f"Bearer {key.upper()}"]
    answers = [
        await knock(door, path, json.dumps(lead()).encode(), {**JSON, "Authorization": each}, method)
        for each in shown
        for path, method in ((LEADS, "POST"), (f"{LEADS}/signup-1", "DELETE"))
    ]
    answers.append(await knock(door, LEADS, json.dumps(lead()).encode(), JSON))
    assert {(answer.status, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {"Bearer"}
    assert problem(answers[0]) == "not-let-in"
    assert await stored(door) == []
    assert nothing_logged(door, caplog)
    assert (
        await knock(door, LEADS, json.dumps(lead()).encode(), {**JSON, "Authorization": f"bearer {key}"})
    ).status == 201


@pytest.mark.faults("S16")
async def test_who_keeps_guessing_is_turned_away(open_stage: Open) -> None:
    async with open_stage(TRUSTED_PROXIES="127.0.0.0/8") as stage:
        key = await key_of(stage, stage.law)

        async def ask(key: str, forwarded: str) -> Answer:
            headers = {**showing(key), "X-Forwarded-For": forwarded}
            return await knock(stage, LEADS, json.dumps(lead()).encode(), headers)

        answers = [await ask("guessed", "203.0.113.7") for _ in range(21)]
        assert [answer.status for answer in answers] == [401] * 20 + [429]
        assert (problem(answers[-1]), answers[-1].headers["Retry-After"]) == ("too-many", "60")
        assert (await ask(key, "203.0.113.7")).status == 429
        assert (await ask(key, "203.0.113.8")).status == 201


async def test_a_key_opens_one_firm_and_no_other(door: Stage) -> None:
    door.dental_plays = True
    ours, theirs = await key_of(door, door.law), await key_of(door, door.dental)
    assert (await hand_in(door, ours, lead(1, name="Ours"))).status == 201
    assert (await hand_in(door, theirs, lead(1, name="Theirs"))).status == 201  # ids are each firm's own
    assert (await found(door, "ours"), await found(door, "ours", door.dental)) == (["Ours"], [])
    assert (await found(door, "theirs"), await found(door, "theirs", door.dental)) == ([], ["Theirs"])
    assert (await take_back(door, theirs, "signup-1")).status == 204
    assert [row.name for row in await stored(door)] == ["Ours"]


@pytest.mark.faults("F17", "S17")
async def test_a_body_that_is_too_large_or_packed_is_refused(door: Stage, caplog: pytest.LogCaptureFixture) -> None:
    key = await key_of(door, door.law)
    for body in (b" " * (LIMIT + 1), b"x" * 10_000_000):
        answer = await hand_in(door, key, body)
        assert (answer.status, problem(answer), answer.headers["Connection"]) == (413, "too-large", "close")
    whole = json.dumps(lead()).encode()
    assert (await hand_in(door, key, whole + b" " * (LIMIT - len(whole)))).status == 201
    bomb, started = gzip.compress(b"x" * 50_000_000), time.process_time()
    packed = await knock(door, LEADS, bomb, {**showing(key), "Content-Encoding": "gzip"})
    assert (packed.status, problem(packed)) == (415, "no-such-type")
    assert time.process_time() - started < 0.5
    assert nothing_logged(door, caplog)


@pytest.mark.faults("F16", "S17")
async def test_a_body_must_come_soon(door: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "DEADLINE", 0.2)
    key = await key_of(door, door.law)
    head = (
        f"POST {LEADS} HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
        f"Content-Type: application/json\r\nAuthorization: Bearer {key}\r\n\r\n"
    )
    async with line(door) as (reader, writer), asyncio.timeout(5):
        writer.write(head.encode())
        said = (await reader.read()).decode()
    assert "408 Request Timeout" in said
    assert "#too-slow" in said


NO_JSON = [
    b"", b"{", b"\xff", b'{"id": NaN}', b'{"id": "1", "id": "1"}', b"[" * 200_000, b'{"id": ' + b"9" * 5000 + b"}",
    b'\xef\xbb\xbf{"id": "1"}', b"'", b'{"leads": [{"a": 1, "a": 1}]}', b'{"id": Infinity}', b"\x00",
]  # fmt: skip


async def test_what_is_no_json_is_refused(door: Stage, caplog: pytest.LogCaptureFixture) -> None:
    key = await key_of(door, door.law)
    for body in NO_JSON:
        answer = await hand_in(door, key, body)
        assert (answer.status, problem(answer)) == (400, "no-json"), body[:20]
    for headers in (FORM, {}, {"Content-Type": "text/json"}, {"Content-Type": "application/json5"}):
        answer = await knock(door, LEADS, b"{}", {**headers, "Authorization": f"Bearer {key}"})
        assert (answer.status, problem(answer)) == (415, "no-such-type")
    typed = {**showing(key), "Content-Type": "application/json; charset=utf-8"}
    assert (await knock(door, LEADS, json.dumps(lead()).encode(), typed)).status == 201
    assert nothing_logged(door, caplog)


@pytest.mark.parametrize(
    ("body", "detail", "pointer"),
    [
        ([], "It must be a lead, or an object with a list of leads.", "#"),
        ("lead", "It must be a lead, or an object with a list of leads.", "#"),
        ({"leads": {}}, "It must be a list.", "#/leads"),
        ({"leads": []}, "It is empty.", "#/leads"),
        ({"leads": [lead()], "more": 1}, "There is no such field.", "#/more"),
        ({}, "It is missing.", "#/id"),
        (lead(colour="red"), "There is no such field.", "#/colour"),
    ],
)
async def test_a_shape_that_is_none_of_ours_is_refused_in_plain_words(
    door: Stage, body: Any, detail: str, pointer: str
) -> None:
    answer = await hand_in(door, await key_of(door, door.law), body)
    assert (answer.status, problem(answer)) == (422, "not-entered")
    assert told(answer)["errors"] == [{"detail": detail, "pointer": pointer}]
    assert await stored(door) == []


async def test_whatever_goes_wrong_there_is_told_in_the_same_form(door: Stage) -> None:
    key = await key_of(door, door.law)
    wrong = {
        ("GET", LEADS): (405, "no-such-method"),
        ("PUT", f"{LEADS}/x"): (405, "no-such-method"),
        ("GET", "/api/nothing"): (404, "no-such-address"),
        ("DELETE", f"{LEADS}/a%2Fb"): (404, "no-such-address"),
        ("DELETE", f"{LEADS}/{'x' * 129}"): (404, "no-such-address"),
        ("DELETE", f"{LEADS}/x%0A"): (404, "no-such-address"),
        ("DELETE", f"{LEADS}/.."): (404, "no-such-address"),
    }
    for (method, path), expected in wrong.items():
        answer = await knock(door, path, headers=showing(key), method=method)
        assert (answer.status, problem(answer)) == expected, path
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    assert (await knock(door, LEADS, method="GET")).headers["Allow"] == "POST"
    assert "problem" not in (await knock(door, "/nothing", method="GET")).headers["Content-Type"]


async def test_when_a_key_was_last_used_is_known_to_the_minute(door: Stage) -> None:
    door.clock.frozen_at = door.clock().replace(second=10, microsecond=5)
    key = await key_of(door, door.law)
    for _ in range(3):
        await hand_in(door, key, lead())
    [row] = await door.rows(tables.api_keys.select())
    assert row.used_at == door.clock().replace(second=0, microsecond=0)
    assert (row.requests, row.leads, row.prefix, row.hash) == (3, 3, key[:13], rules.digest(key))
    assert key.encode() not in str(tuple(row)).encode()


# ------------------------------------------------------------------ what it says of itself


async def test_the_document_is_a_document_and_tells_of_every_way_in(door: Stage) -> None:
    said = await document(door)
    assert said["openapi"].startswith("3.1.")
    app = web.Application()
    app.add_routes(routes())
    by_key = {path for path, verifier in handlers.VERIFIERS.items() if "API key" in verifier}
    assert set(said["paths"]) == by_key
    there = {(route.method.lower(), route.resource.canonical) for route in app.router.routes() if route.resource}
    listed = {(method, path) for path, methods in said["paths"].items() for method in methods}
    assert listed == {each for each in there if each[1] in by_key}
    for schema in said["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.faults("S1")
async def test_what_it_says_is_the_same_for_everybody_and_names_nobody(door: Stage) -> None:
    await hand_in(door, await key_of(door, door.law), lead())
    for path in (DOCUMENT, DOCS):
        answer = await knock(door, path, method="GET")
        assert answer.status == 200
        for word in ("Harbor", "Dental", "T01LAW", "Lee", "4155550101"):
            assert word not in answer.text


class Page(HTMLParser):
    """What a page loads, runs and shows as code."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.tags, self.links, self.code, self.targets = set[str](), list[str](), list[str](), set[str]()
        self._inside = False
        self.feed(words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        self.links += [given["href"] or ""] if "href" in given else []
        self.targets |= {given["id"] or ""} if "id" in given else set()
        if tag == "pre":
            self.code.append("")
        self._inside = tag == "pre"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.code[-1] += unescape(data)


async def test_the_page_loads_nothing_runs_nothing_and_its_links_lead_somewhere(door: Stage) -> None:
    answer = await knock(door, DOCS, method="GET")
    page = Page(answer.text)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert page.tags.isdisjoint({"script", "link", "img", "iframe", "form", "object"})
    assert {link for link in page.links if not link.startswith("#")} == {"openapi.json"}
    assert {link[1:] for link in page.links if link.startswith("#")} <= page.targets
    wrong = told(await hand_in(door, await key_of(door, door.law), b""))["type"]
    assert wrong.partition("#")[2] in page.targets
    assert wrong.startswith(f"{door.app.url}{DOCS}#")


async def test_the_examples_of_the_page_do_what_they_say(door: Stage) -> None:
    key = await key_of(door, door.law)
    page = Page((await knock(door, DOCS, method="GET")).text)
    statuses = []
    for example in page.code:
        words = [word for word in shlex.split(example.replace("bridge_...", key)) if word.strip()]
        url = next(word for word in words if word.startswith("http"))
        headers = dict(word.split(": ", 1) for word in words if ": " in word and word[0] not in "{-")
        body = words[words.index("-d") + 1].encode() if "-d" in words else b""
        method = words[words.index("-X") + 1] if "-X" in words else "POST"
        answer = await knock(door, url.removeprefix(door.app.url or ""), body, headers, method)
        statuses.append(answer.status)
    assert statuses == [201, 200, 204]
    assert [row.email for row in await stored(door)] == ["noah@example.com"]
