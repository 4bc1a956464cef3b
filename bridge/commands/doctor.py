"""Is everything all right?"""

import asyncio
import json
from dataclasses import asdict

import click

from bridge import logs
from bridge.app import opened
from bridge.commands import manifest, session, trouble
from bridge.commands.processes import NEEDED
from bridge.services import doctor as examination
from bridge.services.examinations.findings import Finding, Level
from bridge.settings import Settings, SettingsError

STATUS = {Level.OK: 0, Level.WARN: 1, Level.FAIL: 2}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool) -> None:
    """Look at every part, say how it is and what to do. Changes nothing.

    Exits with 0 when all is well, 1 with a warning, 2 when something does not work.

    \b
    Example:
      python -m bridge doctor
    """
    findings, settings = _settings()
    if settings is not None:
        findings += _examined(settings)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            click.echo(_line(finding))
    ctx.exit(max(STATUS[finding.level] for finding in findings))


def _line(finding: Finding) -> str:
    todo = f" -> {finding.todo}" if finding.todo else ""
    return f"{finding.level:<4}  {finding.about}: {finding.says}{todo}"


def _settings() -> tuple[list[Finding], Settings | None]:
    """How they are, and the settings themselves where the rest can be looked at."""
    try:
        return [Finding(Level.OK, "settings", "everything that is needed is there")], Settings.load(need=NEEDED)
    except SettingsError as wrong:
        findings = [Finding(Level.FAIL, "settings", problem) for problem in wrong.problems]
    try:
        return findings, Settings.load()  # something is missing that only serving needs
    except SettingsError:
        return findings, None


def _examined(settings: Settings) -> list[Finding]:
    """The rest; trouble that ends the examination is a finding too."""
    logs.configure("ERROR")
    try:
        session.must_exist(settings)
        return asyncio.run(_examine(settings))
    except Exception as error:
        told = trouble.sentence(error)
        if told is None:
            raise
        return [Finding(Level.FAIL, "database", told)]


async def _examine(settings: Settings) -> list[Finding]:
    async with opened(settings) as deps:
        return await examination.examine(deps, manifest.scopes(), deps.clock())
