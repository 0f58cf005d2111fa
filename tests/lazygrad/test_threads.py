"""Several threads: right values, and modes that stay in the thread that set them."""

import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import lazygrad as lg

THREADS = 8
A = np.arange(24, dtype=np.float32).reshape(4, 6) / 8


def in_threads(work, count=THREADS):
    """The results of `work(number)`, all of them started at once."""
    start = threading.Barrier(count)

    def run(number):
        start.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return [f.result() for f in [pool.submit(run, number) for number in range(count)]]


def test_own_graphs(device):
    """Same structure in every thread: one plan is compiled and used by all."""

    def work(number):
        x = lg.tensor(A + number)
        return [(x * (k + 0.5)).exp2().sum(1).numpy() for k in range(3)]

    for number, results in enumerate(in_threads(work)):
        for k, found in enumerate(results):
            expected = np.exp2((A + number) * (k + 0.5)).sum(1)
            np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_graphs_of_different_structure(device):
    def work(number):
        x = lg.tensor(A)
        y = x
        for _ in range(number + 1):
            y = y * 2 + x
        return y.numpy()

    for number, found in enumerate(in_threads(work, 4)):
        np.testing.assert_array_equal(found, A * (2 ** (number + 2) - 1))


def test_a_shared_tensor(device):
    """What several threads ask for at once is right in each of them."""
    shared = (lg.tensor(A) * 3 + 1).square()
    expected = (A * 3 + 1) ** 2

    def work(number):
        return (shared + number).numpy(), shared.numpy()

    for number, (sum_, value) in enumerate(in_threads(work)):
        np.testing.assert_array_equal(sum_, expected + number)
        np.testing.assert_array_equal(value, expected)


def test_gradients(device):
    def work(number):
        w = lg.tensor(A, requires_grad=True)
        ((w * number).square().sum()).backward()
        return w.grad.numpy()

    for number, found in enumerate(in_threads(work)):
        np.testing.assert_allclose(found, 2 * number**2 * A, rtol=1e-6)


def test_training(device):
    """Whole steps of one optimizer a thread, with in-place writes that are pending at once."""

    def work(number):
        w = lg.nn.Parameter(lg.full((3,), float(number)))
        optimizer = lg.optim.SGD([w], lr=0.25)
        for _ in range(3):
            optimizer.zero_grad()
            w.square().sum().backward()
            optimizer.step()
        return w.detach().numpy()

    for number, found in enumerate(in_threads(work)):
        np.testing.assert_array_equal(found, np.full(3, number / 8, np.float32))


def test_no_grad_stays_in_its_thread(device):
    inside, done = threading.Event(), threading.Event()
    seen = {}

    def silent():
        with lg.no_grad():
            inside.set()
            done.wait(20)
            seen["silent"] = lg.is_grad_enabled()
        seen["after"] = lg.is_grad_enabled()

    thread = threading.Thread(target=silent)
    thread.start()
    assert inside.wait(20)
    w = lg.tensor(A, requires_grad=True)
    y = w * 2
    assert lg.is_grad_enabled() and y.requires_grad
    done.set()
    thread.join()
    assert seen == {"silent": False, "after": True}


def test_no_grad_outside_does_not_reach_new_threads(device):
    with lg.no_grad():
        results = in_threads(lambda _: (lg.is_grad_enabled(), threading.get_ident()), 2)
    assert [enabled for enabled, _ in results] == [True, True]


def test_modes_are_context_variables(device):
    with lg.no_grad():
        kept = contextvars.copy_context()
    assert lg.is_grad_enabled()
    assert kept.run(lg.is_grad_enabled) is False

    with lg.capture_kernels() as found:
        in_threads(lambda number: (lg.tensor(A) * (number + 0.5)).realize(), 2)
    assert found == []  # captured is what this context launches


def test_random_numbers_are_drawn_once(device):
    """Threads share the generator: no two of them get the same numbers."""
    lg.manual_seed(3)
    drawn = in_threads(lambda _: lg.rand(16).numpy().tobytes(), 4)
    assert len(set(drawn)) == 4
