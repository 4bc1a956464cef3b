"""The doctor on the stage, and what comes of a visit."""

from dataclasses import dataclass, replace
from typing import Any

from bridge.commands import manifest
from bridge.services import doctor
from bridge.services.examinations.findings import Finding, Level
from tests.stage import Stage


@dataclass(frozen=True)
class Visit:
    """What was found."""

    findings: list[Finding]

    @property
    def complaints(self) -> list[str]:
        """What is not well, each as it is printed but for what to do."""
        wrong = [each for each in self.findings if each.level is not Level.OK]
        assert all(each.todo for each in wrong), "there is always something to do about it"
        return [f"{each.level} {each.about}: {each.says}" for each in wrong]

    def of(self, about: str) -> Finding:
        """The one finding about this."""
        (found,) = [each for each in self.findings if each.about == about]
        return found


async def visit(stage: Stage, **changed: Any) -> Visit:
    """The doctor looks at everything, as one whose settings are changed in this way."""
    stage.dental_plays = True  # of the second firm, too
    deps = replace(stage.app.deps, settings=stage.settings.model_copy(update=changed))
    return Visit(await doctor.examine(deps, manifest.scopes(), stage.clock()))
