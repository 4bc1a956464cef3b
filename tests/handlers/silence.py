"""What Twilio is answered when all is well."""

from xml.etree import ElementTree as ET

from bridge.store import tables
from tests.handlers.knock import Answer
from tests.stage import Stage

ANOTHER_SID = "SM" + "0" * 32


def is_silence(answer: Answer) -> bool:
    """Whether Twilio sends nothing to the lead for this answer: TwiML without a word, and nothing else."""
    assert answer.status == 200
    assert answer.headers["Content-Type"].split(";")[0] == "text/xml"
    response = ET.fromstring(answer.text)  # noqa: S314 (our own words)
    return response.tag == "Response" and len(response) == 0 and not (response.text or "").strip()


async def stored(stage: Stage) -> int:
    """How many texts there are."""
    return await stage.count(tables.messages)
