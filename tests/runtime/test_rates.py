"""Figures of device families: which one a device gets, and that they stay what they are."""

from dataclasses import fields, replace

import pytest

from lazygrad import runtime
from lazygrad.codegen.limits import Rates
from lazygrad.execution import limits_of
from lazygrad.runtime import facts
from lazygrad.runtime.rates import FAMILIES, figures_of


@pytest.mark.parametrize(
    ("kind", "names", "register_bytes", "why"),
    [
        ("cpu", "pthread-haswell-AMD EPYC AuthenticAMD x86_64", 32, "AVX2"),
        ("cpu", "AMD EPYC 9354 Intel(R) Corporation x86_64", 64, "Zen 4"),
        ("cpu", "Intel(R) Xeon(R) Platinum 8481C x86_64", 64, "Sapphire Rapids"),
        ("cpu", "Intel(R) Core(TM) i5-8250U x86_64", 32, "AVX2"),
        ("cpu", "pthread-neoverse-n1 ARM aarch64", 16, "NEON"),
        ("cpu", "something", 16, "small CPUs"),
        ("gpu", "NVIDIA H200 NVIDIA Corporation", 64, "multiprocessor"),
        ("gpu", "gfx1100 Advanced Micro Devices, Inc.", 64, "RDNA"),
        ("gpu", "Intel(R) UHD Graphics 770", 64, "execution unit"),
        ("accelerator", "Mali-G78", 64, "mobile"),
    ],
)
def test_families_are_told_by_names_and_registers(kind, names, register_bytes, why):
    (family,) = [f for f in FAMILIES if why in f.why]
    assert figures_of(kind, names, register_bytes, 0) == family.figures


def test_every_family_has_every_figure():
    names = {one.name for one in fields(Rates)}
    for family in FAMILIES:
        assert family.figures.keys() == names
        assert all(value > 0 for value in family.figures.values())
        sizes = [family.figures[f"l{level}_bytes"] for level in (1, 2, 3)]
        rates = [family.figures[f"l{level}_rate"] for level in (1, 2, 3)]
        assert sizes == sorted(sizes)
        assert rates == sorted(rates, reverse=True)


def test_what_a_driver_tells_of_caches_replaces_one():
    plain = figures_of("cpu", "AMD", 32, 0)
    changed = {"l2_bytes": 1 << 20}
    assert figures_of("cpu", "AMD", 32, 1 << 20) == {**plain, **changed}
    assert figures_of("cpu", "AMD", 32, (1 << 20) + 4711) == {**plain, **changed}
    assert figures_of("cpu", "AMD", 32, 32 << 20) == {**plain, "l3_bytes": 32 << 20}
    assert figures_of("cpu", "AMD", 32, 32 << 10) == plain
    assert figures_of("gpu", "NVIDIA", 64, 1 << 20) == figures_of("gpu", "NVIDIA", 64, 0)


def test_figures_reach_the_compiler_and_are_overridden(device):
    told = limits_of(device.facts).rates
    assert told.l1_bytes >= 16384
    assert told.fma_rate > 1
    changed = facts.with_limits(device.facts, "l2_bytes=3M,launch_ns=9000,fma_rate=0")
    rates = limits_of(changed).rates
    assert rates == replace(told, l2_bytes=3 << 20, launch_ns=9000, fma_rate=1)
    assert runtime.find_device(str(device)).facts == device.facts
