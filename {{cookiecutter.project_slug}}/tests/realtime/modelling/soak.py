"""Runs the machine for as long as one likes: ``python -m tests.realtime.modelling.soak 90 1``."""

import sys
import time

from hypothesis import Phase
from hypothesis import seed
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.realtime.modelling.machine import HubMachine

EXAMPLES_PER_SEED = 50
STEPS = 60


def soak(seconds: float, *, first_seed: int) -> int:
    """Runs seed after seed until ``seconds`` have passed; returns how many seeds were run.

    A failure shows the steps and the seed, which does the same again.
    """
    ends_at = time.monotonic() + seconds
    number = first_seed
    while number == first_seed or time.monotonic() < ends_at:
        try:
            run_state_machine_as_test(
                seed(number)(type("Soaking", (HubMachine,), {})),
                settings=settings(
                    max_examples=EXAMPLES_PER_SEED,
                    stateful_step_count=STEPS,
                    deadline=None,
                    database=None,
                    phases=[Phase.generate, Phase.shrink],
                ),
            )
        except BaseException as failure:
            failure.add_note(f"seed {number}")
            raise
        number += 1
    return number - first_seed


if __name__ == "__main__":
    seeds = soak(float(sys.argv[1]), first_seed=int(sys.argv[2]))
    sys.stdout.write(f"{seeds * EXAMPLES_PER_SEED} runs of {STEPS} steps, nothing found\n")
