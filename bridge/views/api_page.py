"""The API's description for people: one page, made of the document, that loads nothing and runs nothing."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterator
from html import escape
from typing import Any

from bridge.views.openapi import Json, example
from bridge.views.problems import PROBLEMS

STYLE = """
:root { color-scheme: light dark; --line: #8884; --faint: #8881; }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 54rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.7rem; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); } h3 { margin-top: 2rem; }
code, pre { font: .88em/1.5 ui-monospace, monospace; }
pre { background: var(--faint); border: 1px solid var(--line); border-radius: 6px; padding: .8rem; overflow: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
"""
_ORDER = ("Lead", "Consent", "Leads", "Result", "Results", "Problem", "Complaint")
_HASH = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(document: Json) -> str:
    """All of it."""
    info, url = document["info"], document["servers"][0]["url"]
    schemas = document["components"]["schemas"]
    parts = [
        f"<h1>{escape(info['title'])}</h1><p>{escape(info['description'])}</p>",
        "<p>This page is made of <a href='openapi.json'>openapi.json</a>, the same for programs (OpenAPI 3.1).</p>",
        *_examples(url),
        "<h2>Addresses</h2>",
        *(
            _operation(method, path, told)
            for path, methods in document["paths"].items()
            for method, told in methods.items()
        ),
        "<h2>What is said</h2>",
        *(_schema(name, schemas[name]) for name in sorted(schemas, key=_ORDER.index)),
        "<h2>Problems</h2><p>They come as RFC 9457 has them. The last part of their type is one of these.</p>",
        _table(("type", "status", "what it is", "what to do"), _problems()),
    ]
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width'>"
        f"<title>{escape(info['title'])}</title><style>{STYLE}</style></head><body><main>{''.join(parts)}</main>"
        "</body></html>"
    )


def _examples(url: str) -> Iterator[str]:
    one = json.dumps(example(), indent=2)
    two = json.dumps({"leads": [{"id": "signup-1002", "email": "noah@example.com"}, {"id": "signup-1003"}]})
    key = "-H 'Authorization: Bearer bridge_...'"
    typed = "-H 'Content-Type: application/json'"
    yield "<h2>Examples</h2><h3>Enter one lead</h3>"
    yield _code(f"curl {url}/api/leads \\\n  {key} \\\n  {typed} \\\n  -d '{one}'")
    yield "<h3>Enter several</h3>"
    yield _code(f"curl {url}/api/leads \\\n  {key} \\\n  {typed} \\\n  -d '{two}'")
    yield "<h3>Forget one</h3>"
    yield _code(f"curl -X DELETE {url}/api/leads/signup-1001 \\\n  {key}")


def _operation(method: str, path: str, told: Json) -> str:
    answers = [(code, escape(answer["description"])) for code, answer in told["responses"].items()]
    return (
        f"<h3><code>{method.upper()} {escape(path)}</code></h3><p><b>{escape(told['summary'])}.</b> "
        f"{escape(told['description'])}</p>{_table(('status', 'what it means'), answers)}"
    )


def _schema(name: str, told: Json) -> str:
    needed = told.get("required", ())
    rows = [
        (
            f"<code>{escape(field)}</code>",
            _kind(said) + ("" if field in needed else ", optional"),
            escape(said.get("description", "")),
        )
        for field, said in told["properties"].items()
    ]
    about = f"<h3 id='{escape(name)}'>{escape(name)}</h3><p>{escape(told.get('description', ''))}</p>"
    return about + _table(("field", "what it is", "about it"), rows)


def _kind(said: Json) -> str:
    """What a field holds, in a few words."""
    if "$ref" in said:
        name = said["$ref"].rpartition("/")[2]
        return f"<a href='#{escape(name)}'>{escape(name)}</a>"
    if "anyOf" in said:
        return " or ".join(_kind(each) for each in said["anyOf"] if each.get("type") != "null")
    if "enum" in said:
        return " or ".join(f"<code>{escape(each)}</code>" for each in said["enum"])
    if said.get("type") == "array":
        return f"a list of {_kind(said['items'])}" + _limit(said.get("maxItems"), "entries")
    if said.get("type") == "object":
        return "an object of texts" + _limit(said.get("maxProperties"), "entries")
    if said.get("type") == "integer":
        return "a number"
    return _text(said)


def _text(said: Json) -> str:
    if said.get("format") == "date-time":
        return "a moment (RFC 3339)"
    form = f" of the form <code>{escape(said['pattern'])}</code>" if "pattern" in said else ""
    default = f", <code>{escape(said['default'])}</code> by itself" if "default" in said else ""
    return "text" + form + _limit(said.get("maxLength"), "characters") + default


def _limit(most: int | None, of_what: str) -> str:
    return f", up to {most:,} {of_what}" if most else ""


def _problems() -> Iterator[tuple[str, ...]]:
    for kind, (status, title, advice) in PROBLEMS.items():
        yield f"<code id='{kind}'>{kind}</code>", str(status), escape(title), escape(advice)


def _code(words: str) -> str:
    return f"<pre tabindex='0'>{escape(words)}</pre>"


def _table(head: tuple[str, ...], rows: Any) -> str:
    titles = "".join(f"<th scope='col'>{escape(each)}</th>" for each in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
