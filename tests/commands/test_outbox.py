"""Rows that were given up."""

from tests.cast import LAW
from tests.commands.operator import Operator, install, row_of_outbox


async def test_rows_that_were_given_up_are_listed_retried_and_dropped(operator: Operator) -> None:
    install(operator, LAW.team_id)
    assert "Nothing" in await operator.succeeds("outbox", "list")
    dead, also_dead = row_of_outbox(operator, "post", "dead"), row_of_outbox(operator, "notice", "dead")
    waiting, doubtful = row_of_outbox(operator, "root", "ready"), row_of_outbox(operator, "text", "unknown")
    row_of_outbox(operator, "mark", "done")
    listed = await operator.succeeds("outbox", "list")
    shown = [line.split()[0] for line in listed.splitlines()[1:]]
    assert shown == [str(row) for row in (dead, also_dead, doubtful, waiting)]
    assert "555" not in listed
    assert "secret" not in listed
    await operator.succeeds("outbox", "retry", str(dead))
    await operator.succeeds("outbox", "drop", str(also_dead))
    assert dict(operator.sql("SELECT id, state FROM outbox WHERE id <= ?", also_dead)) == {
        dead: "unknown",  # one of its tries may have got through: that is looked into first
        also_dead: "done",
    }
    assert "that was given up" in await operator.fails("outbox", "retry", str(doubtful))
    actions = operator.sql("SELECT action, firm_id FROM audit ORDER BY id")
    assert actions == [("retry_row", 1), ("drop_row", 1)]
