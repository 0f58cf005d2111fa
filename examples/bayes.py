"""Bayesian logistic regression by Hamiltonian Monte Carlo, on any OpenCL device.

    python examples/bayes.py
    LAZYGRAD_DEVICE=pocl python examples/bayes.py --picture posterior.png

The posterior of scikit-learn's breast cancer data: 30 standardised features and an intercept, a
standard normal prior, a fifth of the rows kept for the test. All chains move at once, along an
axis of every array, and a whole trajectory with its Metropolis test is one lazy graph. The means
are compared with those of importance sampling in SciPy, which shares no code with the sampler.
It computes in float64 where the device has it, otherwise in float32: the rounding of an energy
(some 1e-5) is far below what the Metropolis test can see.

--short, or LAZYGRAD_SHORT=1, draws just enough to compare.
"""

import argparse
import math
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy import optimize, special, stats
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from tqdm import tqdm

import lazygrad as lg
import lazygrad.nn.functional as F

Array = NDArray[np.float64]
CHAINS = 128
LEAPFROGS = 10
JITTER = 0.2  # trajectories of one length can come back to where they began
ACCEPTANCE = 0.8


@dataclass(frozen=True)
class Data:
    """Rows with a leading 1 and standardised features, and classes 0 (malignant) or 1 (benign)."""

    names: list[str]
    train_x: Array
    train_y: Array
    test_x: Array
    test_y: Array


def load() -> Data:
    """Means and deviations come from the training rows alone."""
    data = load_breast_cancer()
    train_x, test_x, train_y, test_y = train_test_split(
        data.data, data.target, test_size=0.2, random_state=0, stratify=data.target
    )
    mean, deviation = train_x.mean(0), train_x.std(0)
    train_x, test_x = (
        np.column_stack([np.ones(len(x)), (x - mean) / deviation]) for x in (train_x, test_x)
    )
    names = ["intercept", *map(str, data.feature_names)]
    return Data(names, train_x, train_y.astype(float), test_x, test_y.astype(float))


# --- the sampler


@dataclass
class State:
    """Where the chains stand: coefficients (chains, k), log density (chains,), its gradient."""

    position: lg.Tensor
    log_density: lg.Tensor
    gradient: lg.Tensor


class Sampler:
    """Hamiltonian Monte Carlo with leapfrog steps (Neal 2011, arXiv:1206.1901).

    step and inverse_mass (the variances of the coefficients, as far as known) may be set between
    transitions: both are arguments of the kernels, so that no value of theirs compiles anything.
    """

    def __init__(self, x: Array, y: Array, position: Array) -> None:
        self.signed_x = lg.tensor(x * (2 * y - 1)[:, None], dtype=lg.get_default_dtype())
        self.step = 0.1
        self.inverse_mass = np.ones(x.shape[1])
        self.state = self.evaluate(lg.tensor(position, dtype=lg.get_default_dtype()))
        lg.realize(*vars(self.state).values())

    def evaluate(self, position: lg.Tensor) -> State:
        """The log of prior times likelihood, and its gradient: still nothing but a graph."""
        position = position.detach().requires_grad_()
        likelihood = F.logsigmoid(position @ self.signed_x.T).sum(1)
        log_density = likelihood - position.square().sum(1) / 2
        (gradient,) = lg.autograd.grad(log_density.sum(), position)
        return State(position.detach(), log_density.detach(), gradient)

    def transition(self) -> Array:
        """Moves every chain by one trajectory; the probabilities of acceptance (chains,)."""
        old = new = self.state
        inverse_mass = lg.tensor(self.inverse_mass, dtype=lg.get_default_dtype())
        chains = len(old.position)
        step = self.step * (1 + JITTER * (2 * lg.rand(chains, 1) - 1))
        momentum = begin = lg.randn(old.position.shape) / inverse_mass.sqrt()
        for _ in range(LEAPFROGS):
            momentum = momentum + step / 2 * new.gradient
            new = self.evaluate(new.position + step * inverse_mass * momentum)
            momentum = momentum + step / 2 * new.gradient

        kinetic = (inverse_mass * (momentum.square() - begin.square())).sum(1) / 2
        gain = new.log_density - old.log_density - kinetic
        acceptance = gain.clamp(max=0).exp().nan_to_num(0.0)  # NaN: the step was far too long
        accepted = lg.rand(chains) < acceptance
        self.state = State(
            lg.where(accepted[:, None], new.position, old.position),
            lg.where(accepted, new.log_density, old.log_density),
            lg.where(accepted[:, None], new.gradient, old.gradient),
        )
        lg.realize(acceptance, *vars(self.state).values())
        return acceptance.numpy().astype(float)


class DualAveraging:
    """The step size whose mean acceptance is ACCEPTANCE (Hoffman and Gelman 2014, section 3.2)."""

    def __init__(self, step: float) -> None:
        self.center = math.log(10 * step)
        self.count, self.error, self.average = 0, 0.0, 0.0

    def update(self, acceptance: float) -> float:
        """The step to try next; `exp(average)` is the one to keep."""
        self.count += 1
        rate = 1 / (self.count + 10)
        self.error += rate * (ACCEPTANCE - acceptance - self.error)
        log_step = self.center - math.sqrt(self.count) / 0.05 * self.error
        self.average += self.count**-0.75 * (log_step - self.average)
        return math.exp(log_step)


def windows(transitions: int) -> Iterator[int]:
    """Lengths of the warm-up's windows, each twice the one before; the last takes the rest."""
    length = 20
    while transitions >= 3 * length:
        yield length
        transitions, length = transitions - length, 2 * length
    yield transitions


def warm_up(sampler: Sampler, transitions: int) -> None:
    """Each window finds a step size, and the variances of the coefficients for the next one."""
    positions: list[Array] = []
    with tqdm(total=transitions, desc="warm-up", unit="trajectory") as bar:
        for length in windows(transitions):
            if positions:  # the first half of a window is still on its way
                sampler.inverse_mass = np.concatenate(positions[len(positions) // 2 :]).var(0)
                positions.clear()
            averaging = DualAveraging(sampler.step)
            for _ in range(length):
                sampler.step = averaging.update(sampler.transition().mean())
                positions.append(sampler.state.position.numpy())
                bar.update()
            sampler.step = math.exp(averaging.average)


def sample(sampler: Sampler, transitions: int) -> tuple[Array, float]:
    """Draws (chains, transitions, k), and the mean acceptance."""
    draws, acceptance = [], []
    for _ in tqdm(range(transitions), desc="sampling", unit="trajectory"):
        acceptance.append(sampler.transition().mean())
        draws.append(sampler.state.position.numpy())
    return np.stack(draws, 1).astype(float), float(np.mean(acceptance))


# --- what the draws are worth: Vehtari, Gelman, Simpson, Carpenter, Bürkner 2021, "Rank-
# normalization, folding, and localization: an improved R-hat", doi:10.1214/20-BA1221


def split(draws: Array) -> Array:
    """Each chain as two, so that a trend within a chain counts as a difference of chains."""
    half = draws.shape[1] // 2
    return np.concatenate([draws[:, :half], draws[:, -half:]])


def variances(chains: Array) -> tuple[Array, Array]:
    """Within chains, and of all draws, (k,) each: W and var+ (their equations 1 to 3)."""
    length = chains.shape[1]
    within = chains.var(1, ddof=1).mean(0)
    return within, within * (length - 1) / length + chains.mean(1).var(0, ddof=1)


def rank_normalised(draws: Array) -> Array:
    """Normal scores of the ranks over all chains (their equation 14)."""
    ranks = stats.rankdata(draws.reshape(-1, draws.shape[-1]), axis=0).reshape(draws.shape)
    return special.ndtri((ranks - 3 / 8) / (draws.shape[0] * draws.shape[1] + 1 / 4))


def r_hat(draws: Array) -> Array:
    """The larger one of R-hat of ranks and of folded ranks, (k,): near 1 if the chains agree."""
    folded = np.abs(draws - np.median(draws, axis=(0, 1)))
    found = []
    for values in (draws, folded):
        within, total = variances(split(rank_normalised(values)))
        found.append(np.sqrt(total / within))
    return np.maximum(*found)


def effective_size(draws: Array) -> Array:
    """How many independent draws would tell the mean as well, (k,) (their equations 10 to 13).

    Autocorrelations are summed in pairs while these are positive, and made to fall (Geyer 1992);
    half a pair more and the lower bound, for antithetic chains, are Stan's.
    """
    chains = split(draws)
    count, length, _ = chains.shape
    within, total = variances(chains)
    spectrum = np.fft.rfft(chains - chains.mean(1, keepdims=True), 2 * length, axis=1)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2, axis=1)[:, :length].mean(0) / length
    correlation = 1 - (within - covariance) / total
    correlation[0] = 1
    pairs = correlation[: length // 2 * 2].reshape(-1, 2, correlation.shape[1]).sum(1)
    positive = np.logical_and.accumulate(pairs > 0)
    time_scale = 2 * (np.minimum.accumulate(pairs) * positive).sum(0) - 1
    last = np.minimum(2 * positive.sum(0), length - 1)
    time_scale += np.take_along_axis(correlation, last[None], 0)[0].clip(min=0)
    return count * length / np.maximum(time_scale, 1 / math.log10(count * length))


def tail_size(draws: Array) -> Array:
    """The smaller one of the effective sizes of the 5 % and 95 % quantiles, (k,)."""
    tails = np.quantile(draws, [0.05, 0.95], axis=(0, 1))
    return np.minimum(*(effective_size((draws <= tail).astype(float)) for tail in tails))


# --- the reference: SciPy alone


@dataclass(frozen=True)
class Reference:
    """Weighted draws of the posterior (n, k), their weights (n,), and the posterior's mode (k,)."""

    draws: Array
    weights: Array
    mode: Array

    @property
    def mean(self) -> Array:
        return self.weights @ self.draws

    @property
    def error(self) -> Array:
        """The standard error of the mean (Owen 2013, Monte Carlo, equation 9.8)."""
        return np.sqrt(self.weights**2 @ (self.draws - self.mean) ** 2)

    @property
    def effective_size(self) -> float:
        return float(1 / (self.weights**2).sum())


def reference(x: Array, y: Array, count: int) -> Reference:
    """Importance sampling from Student's t: first about the mode, then about what that found."""

    def log_density(w: Array) -> Array:
        logits = w @ x.T
        likelihood = w @ (y @ x) - np.logaddexp(0, logits).sum(-1)
        return likelihood - (w**2).sum(-1) / 2

    def gradient(w: Array) -> Array:
        return x.T @ (y - special.expit(x @ w)) - w

    start = np.zeros(x.shape[1])
    found = optimize.minimize(
        lambda w: -log_density(w), start, jac=lambda w: -gradient(w), method="BFGS"
    )
    chance = special.expit(x @ found.x)
    mean = found.x
    covariance = np.linalg.inv((x.T * (chance * (1 - chance))) @ x + np.eye(x.shape[1]))
    for seed, draws in enumerate((count // 4, count)):
        proposal = stats.multivariate_t(mean, covariance, df=10, seed=seed)
        w = proposal.rvs(draws)
        parts = np.array_split(w, max(1, draws // 4096))
        log_weights = np.concatenate([log_density(p) for p in parts]) - proposal.logpdf(w)
        weights = special.softmax(log_weights)
        mean, covariance = weights @ w, np.cov(w.T, aweights=weights)
    return Reference(w, weights, found.x)


# --- what is shown


def predict(test_x: Array, coefficients: Array) -> Array:
    """Chances of class 1 (rows,), averaged over coefficients (n, k), on the device."""
    x, w = (lg.tensor(a, dtype=lg.get_default_dtype()) for a in (test_x, coefficients))
    return (x @ w.T).sigmoid().mean(1).numpy().astype(float)


def log_score(chance: Array, y: Array) -> float:
    """The mean log probability of what happened."""
    return float(np.log(np.where(y == 1, chance, 1 - chance)).mean())


def draw(path: Path, data: Data, draws: Array, expected: Reference) -> None:
    """Marginals of the six largest coefficients with the reference's, and a trace of the first."""
    largest = np.argsort(-np.abs(expected.mean))[:6]
    figure = Figure(figsize=(9, 6.75), layout="constrained")
    axes = figure.subplot_mosaic([[0, 1, 2], [3, 4, 5], ["trace"] * 3])
    for place, k in enumerate(largest):
        panel, values = axes[place], draws[..., k].ravel()
        low, high = np.quantile(values, [0.0005, 0.9995])
        grid = np.linspace(low, high, 200)
        density = stats.gaussian_kde(expected.draws[:, k], weights=expected.weights)
        panel.hist(values, np.linspace(low, high, 50), density=True, color="#9ecae1")
        panel.plot(grid, density(grid), color="#d95f02")
        panel.axvline(0, color="0.5", linewidth=0.8, linestyle=":")
        panel.set_title(data.names[k], fontsize=10)
        panel.set_yticks([])
        panel.spines[["left", "right", "top"]].set_visible(False)
    handles = [axes[0].patches[0], axes[0].lines[0]]
    axes[0].legend(handles, ["HMC", "SciPy"], fontsize=8, frameon=False)

    first = largest[0]
    for chain, color in zip(draws[:3, :150, first], ("#1b9e77", "#7570b3", "#e6ab02")):
        axes["trace"].plot(chain, color=color, linewidth=0.8)
    axes["trace"].set_title(f"{data.names[first]}: trace of three chains", fontsize=10)
    axes["trace"].set_xlabel("trajectory after warm-up")
    axes["trace"].set_xmargin(0)
    axes["trace"].spines[["right", "top"]].set_visible(False)
    figure.savefig(path, dpi=80, pil_kwargs={"optimize": True})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="few draws")
    parser.add_argument("--picture", type=Path, default=Path("bayes.png"), help="file to write")
    options = parser.parse_args()
    short = options.short or os.environ.get("LAZYGRAD_SHORT") == "1"

    device = lg.device(os.environ.get("LAZYGRAD_DEVICE"))
    lg.set_default_dtype(lg.float64 if device.runtime_device.facts.has_fp64 else lg.float32)
    print(f"device: {device}, {lg.get_default_dtype()}")
    lg.manual_seed(0)
    data = load()

    begin = time.perf_counter()
    start = np.random.default_rng(0).uniform(-2, 2, (CHAINS, data.train_x.shape[1]))
    sampler = Sampler(data.train_x, data.train_y, start)
    warm_up(sampler, 120 if short else 300)
    warm, before = time.perf_counter(), lg.stats()
    draws, acceptance = sample(sampler, 80 if short else 500)
    sampling, after = time.perf_counter() - warm, lg.stats()
    bulk, tail, hat = effective_size(rank_normalised(draws)), tail_size(draws), r_hat(draws)
    mean, error = draws.mean((0, 1)), draws.std((0, 1)) / np.sqrt(effective_size(draws))
    print(
        f"\n{CHAINS} chains x {draws.shape[1]} trajectories of {LEAPFROGS} leapfrog steps of "
        f"{sampler.step:.3f}, acceptance {acceptance:.2f}\n"
        f"warm-up {warm - begin:.1f} s with {before.plans_compiled} plans compiled; sampling "
        f"{sampling:.1f} s with {after.plans_compiled - before.plans_compiled} compiled, "
        f"{after.plans_found - before.plans_found} found"
    )

    begin = time.perf_counter()
    expected = reference(data.train_x, data.train_y, 20_000 if short else 200_000)
    print(
        f"reference: {len(expected.draws)} weighted draws, worth {expected.effective_size:.0f}, "
        f"in {time.perf_counter() - begin:.1f} s\n"
    )
    distance = (mean - expected.mean) / np.hypot(error, expected.error)
    print(f"{'coefficient':24} {'mean':>7} {'SciPy':>7} {'in SE':>6} {'ESS':>6} {'R-hat':>6}")
    for k in np.argsort(-np.abs(distance))[:8]:
        print(
            f"{data.names[k]:24} {mean[k]:7.3f} {expected.mean[k]:7.3f} {distance[k]:6.2f} "
            f"{bulk[k]:6.0f} {hat[k]:6.3f}"
        )

    chance = predict(data.test_x, draws.reshape(-1, draws.shape[-1]))
    plain = special.expit(data.test_x @ expected.mode)
    draw(options.picture, data, draws, expected)
    print(
        f"\nlog score of {len(chance)} test rows: {log_score(chance, data.test_y):.4f}, "
        f"with the mode alone {log_score(plain, data.test_y):.4f}; picture in {options.picture}"
    )
    worst = np.abs(distance).max()
    print(
        f"test accuracy {100 * ((chance > 0.5) == data.test_y).mean():.1f} %, R-hat <= "
        f"{hat.max():.3f}, ESS >= {bulk.min():.0f} ({bulk.min() / sampling:.0f} per second, tails "
        f"{tail.min():.0f}), largest difference from SciPy {worst:.2f} standard errors"
    )
    if not worst < 4.5 or not hat.max() < 1.05:
        raise SystemExit("the chains and the reference disagree")


if __name__ == "__main__":
    main()
