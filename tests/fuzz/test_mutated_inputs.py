"""Some hundred mutated inputs; `python -m tests.fuzz.campaign` tries as many as one likes."""

import pytest

from tests.fuzz.campaign import CORPUS, inputs, report, try_inputs

COUNT = 300


@pytest.mark.parametrize("with_corpus", [False, True], ids=["of the cases", "of public templates too"])
def test_a_mutated_input_gives_hcl_or_an_error_in_time_and_the_same_twice(*, with_corpus: bool) -> None:
    if with_corpus and not CORPUS.exists():
        pytest.skip("../shared/corpus is not there")

    outcome = try_inputs(20_000, range(COUNT), with_corpus=with_corpus)

    assert outcome.failures == [], "\n".join(report(outcome))
    assert outcome.counts["converted"] > COUNT / 10  # or the mutations break so much that nothing is tried


def test_the_same_seed_makes_the_same_inputs() -> None:
    first, again = (try_inputs(3, range(40), with_corpus=False) for _ in range(2))

    assert (first.counts, first.failures) == (again.counts, again.failures)
    assert len(inputs(with_corpus=False)) > 100
