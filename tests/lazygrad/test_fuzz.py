"""The fuzzer: its programs reach every row, its oracles notice what is wrong, and nothing is."""

import os
import pickle

import numpy as np

from lazygrad.check import fuzz
from lazygrad.check.child import Outcome
from lazygrad.codegen import ops
from lazygrad.codegen.dtype import float32
from lazygrad.fuzz import isolate
from lazygrad.fuzz.generate import REACHABLE, draw
from lazygrad.fuzz.isolate import isolated_failure, run_isolated
from lazygrad.fuzz.meaning import Bounded, wrong
from lazygrad.fuzz.program import Leaf, Program, Step, joined, replay
from lazygrad.fuzz.run import Tally, Wrong, failure_of
from lazygrad.fuzz.shrink import script, shrink
from lazygrad.fuzz.slopes import wrong_slopes

X = Leaf("float32", np.linspace(-2, 2, 12, dtype=np.float32).reshape(3, 4))


def test_random_programs_mean_what_numpy_means(device):
    for finding in fuzz.run(device, full=False):
        assert finding.held, str(finding)


def test_every_row_is_reached():
    reached = {step.op for seed in range(400) for step in draw(seed).steps}
    assert set(REACHABLE) | {"view", "write", "gradient"} <= reached


def test_a_value_outside_its_bound_is_wrong():
    got = np.array([1.0, 1.5, np.nan, np.nan], np.float32)
    expected = Bounded(np.array([1.0, 1.0, np.nan, 3.0]), np.array([0.0, 0.25, 0.0, np.inf]))
    assert wrong(got, expected, float32).tolist() == [False, True, False, False]


def test_a_gradient_that_is_no_slope_is_noticed(device):
    marked = Step("variable", (0,))
    program = Program((X,), (marked, Step("exp", (1,)), Step("gradient", (2, 1))))
    replayed = replay(program, device)
    assert wrong_slopes(program, replayed) == []
    ((number, (gradient, y, x)),) = replayed.gradients.items()
    replayed.gradients[number] = (ops.add(gradient, ops.const(1.0, float32)), y, x)
    assert "value 3 is no slope" in wrong_slopes(program, replayed)[0]


def test_failures_shrink_to_one_step_and_one_element(device, capsys):
    program = Program((X,), (Step("exp", (0,)), Step("sin", (0,)), Step("neg", (1,))), seed=7)

    def has_exp(p):
        return Wrong(p, "told") if any(step.op == "exp" for step in p.steps) else None

    failure = Wrong(program, "told")
    small = shrink(failure, has_exp)
    assert small.steps == (Step("exp", (0,)),) and small.leaves[0].bits.tolist() == [[0.0]]
    text = script(small, failure)
    assert text.startswith("# seed 7\n# told\n")
    exec(text, {})
    assert capsys.readouterr().out == "as meant\n"


def test_failures_stay_of_their_kind_while_they_shrink(device):
    program = Program((X,), (Step("exp", (0,)), Step("sum", (1,), (1,))))
    found = failure_of(Program((X,), (Step("sum", (0,), (2,)),)), device)
    assert found is not None and found.kind == "raised ValueError"
    assert shrink(Wrong(program, "value 2"), lambda p: failure_of(p, device), 6) is program


class _Deadly(Leaf):
    def __reduce__(self):
        return os.abort, ()


def test_a_program_that_kills_its_process_is_a_failure(device):
    assert run_isolated(20, 22, 2, device).programs == 2
    failure = isolated_failure(Program((_Deadly("float32", X.bits),), ()), device)
    assert failure is not None and "the process ended with exit status -6" in failure.what


def test_the_programs_that_kill_are_found(monkeypatch, device):
    def run_child(device, function, first, last, batch, seconds):
        if first <= 5 < last or (first <= 10 and last > 12):  # one by itself, three together
            return Outcome(None, -11, "")
        return Outcome(pickle.dumps(Tally(programs=last - first)).hex(), 0, "")

    monkeypatch.setattr(isolate, "run_child", run_child)
    tally = run_isolated(0, 8, 20, device)
    assert tally.programs == 8 and [f.program.seed for f in tally.failures] == [5]
    tally = run_isolated(8, 16, 20, device)
    (failure,) = tally.failures
    assert tally.programs == 8 and failure.program.seed == 8
    assert len(failure.program.steps) == sum(len(draw(seed).steps) for seed in range(8, 16))
    assert failure_of(joined([draw(20), draw(21)]), device) is None
