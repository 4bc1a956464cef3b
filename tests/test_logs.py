"""What ends up in the log of an exception: where it happened, and never what somebody wrote."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr

import pytest
import structlog

from bridge import logs, metrics
from bridge.tracebacks import told

SAID = "words of a lead's own"


def raised(error: BaseException) -> str:
    """How it is told."""
    try:
        raise error
    except BaseException as caught:
        return told((type(caught), caught, caught.__traceback__))


@pytest.mark.faults("F25", "S22")
@pytest.mark.parametrize(
    ("error", "last"),
    [
        (ValueError(SAID), "ValueError: [words]"),
        (Exception(SAID), "Exception: [words]"),
        (UnicodeEncodeError("utf-8", SAID, 0, 1, SAID), "UnicodeEncodeError: [words]"),
        (KeyError("channel"), "KeyError: 'channel'"),
        (KeyError(SAID), "KeyError: '[words]'"),
        (RuntimeError(f"cannot take '{SAID}' nor \"{SAID}\""), "RuntimeError: cannot take '[words]'"),
        (TypeError(f"'str' is no 'int': '{SAID}', 'x'"), "TypeError: 'str' is no 'int': '[words]', 'x'"),
        (AttributeError("'Row' object has no attribute 'x'"), "AttributeError: 'Row' object has no attribute 'x'"),
        (FileNotFoundError(2, "No such file", "/tmp/x"), "FileNotFoundError: [Errno 2] No such file: '/tmp/x'"),
        (ExceptionGroup("several", [ValueError(SAID)]), "ValueError: [words]"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_only_what_is_about_the_program_is_told(error: BaseException, last: str) -> None:
    lines = raised(error).splitlines()
    assert lines[-1] == last
    assert lines[0] == "Traceback (most recent call last):"
    assert "in raised" in lines[1]
    assert SAID not in str(lines)


def test_what_led_to_it_is_told_first_and_once() -> None:
    first, second, third = OSError("the disk"), ValueError(SAID), LookupError("nobody")
    second.__cause__, third.__context__ = first, second
    first.__context__ = third  # a circle must not be walked for ever
    lines = told((LookupError, third, None)).splitlines()
    assert [line for line in lines if line and not line.startswith("Traceback")] == [
        "OSError: the disk",
        "The above exception was the direct cause of the following exception:",
        "ValueError: [words]",
        "During handling of the above exception, another exception occurred:",
        "LookupError: nobody",
    ]
    second.__cause__, second.__suppress_context__ = None, True
    assert "the disk" not in told((LookupError, third, None))


@contextmanager
def printing() -> Iterator[io.StringIO]:
    """In this block the process prints as it does when it serves."""
    root = logging.getLogger()
    before = root.handlers, root.level, sys.excepthook
    levels = {name: logging.getLogger(name).level for name in logs.VENDORS}
    with redirect_stderr(io.StringIO()) as out:
        logs.configure("DEBUG")
        try:
            yield out
        finally:
            structlog.reset_defaults()
            root.handlers, root.level, sys.excepthook = before
            logging.raiseExceptions = True
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)


@pytest.mark.faults("F25", "S22")
def test_an_incident_is_one_line_and_counted() -> None:
    def incidents() -> float:
        return metrics.REGISTRY.get_sample_value("bridge_incidents_total") or 0.0

    before = incidents()
    with printing() as out:
        try:
            raise ValueError(SAID)
        except ValueError:
            structlog.get_logger("bridge.test").exception("it_broke", incident="12345678")
        logging.getLogger("somebody.else").error("to %s", "+14155550111")
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first["event"], first["incident"], first["level"]) == ("it_broke", "12345678", "error")
    assert first["exception"].endswith("ValueError: [words]")
    assert second["event"] == "to [phone ..11]"
    assert incidents() - before == 1


@pytest.mark.faults("F25", "S22")
def test_what_ends_the_process_is_told_without_words() -> None:
    with printing() as out:
        try:
            raise RuntimeError(f"cannot take '{SAID}' of +14155550111 with xoxb-1-2")
        except RuntimeError as error:
            sys.excepthook(RuntimeError, error, error.__traceback__)
    lines = out.getvalue().splitlines()
    assert lines[-1] == "RuntimeError: cannot take '[words]' of [phone ..11] with [secret]"


@pytest.mark.faults("F25", "S22")
def test_a_log_that_cannot_be_written_prints_nothing_instead() -> None:
    """Python would print what it could not write, around the mask."""
    with printing() as out:
        (handler,) = (each for each in logging.getLogger().handlers if isinstance(each, logging.StreamHandler))
        full = io.StringIO()
        full.close()
        handler.setStream(full)
        try:
            raise ValueError(SAID)
        except ValueError:
            structlog.get_logger("bridge.test").exception("it_broke")
    assert out.getvalue() == ""
