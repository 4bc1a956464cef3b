"""The doctor compares clocks."""

import pytest

from tests.services.examinations.rounds import visit
from tests.stage import Stage
from tests.store.scratch import only_postgres, only_sqlite


@only_sqlite
@pytest.mark.faults("F15", "S29")
async def test_a_clock_that_differs_from_slacks_or_twilios_is_told(stage: Stage) -> None:
    assert (await visit(stage)).of("clock").says == "it agrees with Slack's and Twilio's"
    stage.slack.date_ahead = 45.0
    (told,) = (await visit(stage)).complaints
    assert told in {f"warn clock: it is {apart} seconds behind Slack's" for apart in (44, 45, 46)}
    stage.twilio.date_ahead = -400.0
    (told,) = (await visit(stage)).complaints
    assert told in {f"fail clock: it is {apart} seconds ahead of Twilio's" for apart in (399, 400, 401, 402)}
    stage.slack.date_ahead, stage.twilio.date_ahead = 20.0, 0.0
    assert (await visit(stage)).complaints == []


@only_postgres
@pytest.mark.faults("F15", "S29")
async def test_the_database_has_a_clock_of_its_own(stage: Stage) -> None:
    stage.skip(seconds=90)
    (told,) = (await visit(stage)).complaints
    assert told in {f"warn clock: it is {apart} seconds ahead of the database's" for apart in (90, 91, 92)}
