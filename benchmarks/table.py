"""The table of `python -m benchmarks`: a row for each workload, times side by side, targets."""

from collections.abc import Iterable, Mapping

from lazygrad import runtime

from .limits import probes
from .peers import Contender, contenders
from .steps import STEPS
from .timing import interleave
from .workloads import WORKLOADS

__all__ = ["measured_limits", "print_table"]


def measured_limits(devices: Iterable[str]) -> dict[str, float]:
    """The best rate of each kind on any of the devices: operations or bytes a second."""
    rates: dict[str, float] = {}
    for device in devices:
        found = probes(runtime.find_device(device))
        times = interleave({kind: call for kind, (call, _) in found.items()}, 5)
        for kind, (_, amount) in found.items():
            rates[kind] = max(rates.get(kind, 0.0), amount / times[kind])
    return rates


def _limit(name: str, seconds: float, rates: dict[str, float]) -> str:
    """Which part of the limit was reached."""
    work = WORKLOADS.get(name)
    if work is None or work.limit is None:
        return ""
    share = work.limit.amount / seconds / rates[work.limit.kind]
    wanted = f" (of {100 * work.limit.share:.0f})" if work.limit.share else ""
    return f"{100 * share:.0f}{wanted} % {work.limit.kind}"


def _row(
    name: str, found: dict[str, Contender], ours: list[str], rounds: int, rates: dict[str, float]
) -> tuple[str, bool]:
    calls = {n: c.call(name) for n, c in found.items()}
    times = interleave({n: c for n, c in calls.items() if c is not None}, rounds)
    best, worst = min(times[n] for n in ours), max(times[n] for n in ours)
    row = WORKLOADS.get(name) or STEPS[name]
    cells = [f"{times[n] * 1e3:.3f}" if n in times else "" for n in found]
    into = f" ({times['torch out='] / best:.2f})" if "torch out=" in times else ""
    cells += [f"{times['torch'] / best:.2f}{into}", f"{times['torch'] / worst:.2f}"]
    cells += [f"{row.target}", _limit(name, best, rates)]
    short = _short(name, times, best, worst, rates)
    return f"| {name} | {' | '.join(cells)} | {short or 'yes'} |", not short


def _short(
    name: str, times: Mapping[str, float], best: float, worst: float, rates: dict[str, float]
) -> str:
    """What the row falls short of; empty where it reaches all that it should."""
    work = WORKLOADS.get(name)
    target = (work or STEPS[name]).target
    wanted = {"jax": 1.0, "tinygrad": 1.0, **(work.over if work is not None else {})}
    wanted["torch"] = target
    if work is not None and work.target_into:
        wanted["torch out="] = work.target_into
    missed = [n for n, factor in wanted.items() if n in times and times[n] / best < factor]
    if times["torch"] / worst < 0.7 * target:
        missed.append("other device")
    limit = work.limit if work is not None else None
    if limit is not None and limit.amount / best / rates[limit.kind] < limit.share:
        missed.append("limit")
    return "NO: " + ", ".join(missed) if missed else ""


def print_table(devices: list[str], only: str, rounds: int, peers: list[str]) -> None:
    """Prints milliseconds, ratios of PyTorch's time to ours (best and worst device), targets."""
    rates = measured_limits(devices)
    print(f"limits: {rates['fma'] / 1e9:.0f} GFLOP/s FMA, {rates['read'] / 1e9:.1f} GB/s read, "
          f"{rates['copy'] / 1e9:.1f} GB/s copy (8 bytes a number)\n")  # fmt: skip
    found = contenders(devices, peers)
    ours = [name for name in found if name.startswith("lazygrad")]
    heads = [f"{name}, ms" for name in found]
    heads += ["torch / best (out=)", "torch / worst", "target", "of the limit", "reached"]
    print(f"| workload | {' | '.join(heads)} |")
    print("|---" * (len(heads) + 1) + "|")
    rows = [name for name in (*WORKLOADS, *STEPS) if only in name]
    held = 0
    for name in rows:
        line, good = _row(name, found, ours, rounds, rates)
        held += good
        print(line, flush=True)
    print(f"\n{held} of {len(rows)} rows reach their target")
