"""The hub keeps its promise whatever happens, and the machine that says so can be trusted."""

from dataclasses import fields

import pytest
from hypothesis import Phase
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.realtime.modelling.machine import HubMachine
from tests.realtime.modelling.node import Bugs
from tests.realtime.modelling.soak import soak

HubMachine.TestCase.settings = settings(
    max_examples=15,
    stateful_step_count=25,
    deadline=None,
    database=None,
    phases=[Phase.generate, Phase.shrink],
)
test_the_hub_keeps_its_promise_whatever_happens = HubMachine.TestCase


@pytest.mark.slow
@pytest.mark.parametrize("name", [field.name for field in fields(Bugs)])
def test_the_machine_finds_what_goes_wrong_without_each_protective_step(name: str) -> None:
    class Planted(HubMachine):
        bugs = Bugs(**{name: True})

    with pytest.raises((AssertionError, BaseExceptionGroup)):
        run_state_machine_as_test(
            Planted,
            settings=settings(
                max_examples=200,
                stateful_step_count=40,
                deadline=None,
                database=None,
                derandomize=True,
                report_multiple_bugs=False,
                phases=[Phase.generate],
            ),
        )


@pytest.mark.slow
def test_a_longer_run_goes_from_seed_to_seed() -> None:
    assert soak(0.0, first_seed=1) == 1
