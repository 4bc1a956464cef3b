"""More than one channel."""

from bridge.services import installs
from tests.cast import LAW
from tests.stage import Stage

OTHER = "C01OTHER"


async def second_channel(stage: Stage) -> None:
    """New threads of the first firm open in another channel from now on."""
    stage.slack.add_channel(LAW.team_id, OTHER, "leads-2", members=[LAW.agent])
    await installs.set_channel(stage.app.deps, stage.law, OTHER, stage.clock())
