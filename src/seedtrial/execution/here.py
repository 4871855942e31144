"""Executor `here`: one run after the other, in this process. The example for a new executor."""

from collections.abc import Generator, Sequence

from seedtrial.execution.attempt import Attempt, Setup
from seedtrial.runs.run import train
from seedtrial.runs.watch import Watch
from seedtrial.study.plan import Planned


def here(
    todo: Sequence[Planned], setup: Setup, *, jobs: int, watch: Watch
) -> Generator[tuple[Planned, Attempt], None, None]:
    """Train the runs one by one; those that another process is working on come last, and are waited for.

    jobs: has no effect; there is one run at a time
    """
    busy: list[Planned] = []
    for wait, items in ((False, todo), (True, busy)):  # the first round fills the list of the second
        for item in items:
            # No helper around this call: the way from the command to the gradient should stay short to read.
            try:
                dataset, order = setup.dataset(item), setup.order(item, wait=wait)
                run = train(item.recipe, item.seed, order, dataset=dataset, watch=watch)
                attempt = Attempt.ended(setup.examined(run, item, wait=wait))
            except Exception as error:  # one failed run must not stop the others
                attempt = Attempt.broke_off(item, error)
            if attempt.status == "busy":
                busy.append(item)
            yield item, attempt
