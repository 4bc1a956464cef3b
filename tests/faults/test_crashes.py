"""kill -9 under load, at random: nothing that was acknowledged is lost, and nothing comes twice."""

import asyncio

import pytest

from tests.faults import paying
from tests.faults.crashes import random_kills
from tests.faults.ground import PAIR, SQLITE, Ground, Setting

pytestmark = pytest.mark.xdist_group("fire")


@pytest.mark.faults("F1", "F27")
@pytest.mark.parametrize("setting", [SQLITE, PAIR], ids=str)
def test_nothing_is_lost_however_often_the_app_dies(ground: Ground, setting: Setting) -> None:
    result = asyncio.run(random_kills(ground, setting, 4))
    assert str(result.findings) == "nothing wrong"
    assert result.findings.acknowledged > 20


@pytest.mark.faults("F2", "F31")
def test_firms_that_pay_are_charged_once_however_often_the_app_dies(ground: Ground) -> None:
    result = asyncio.run(paying.deaths(ground, SQLITE, 4))
    assert str(result.findings) == "nothing wrong"
    assert result.figures["subscriptions"] >= paying.FIRMS
