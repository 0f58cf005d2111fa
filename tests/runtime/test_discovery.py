import copy
import os
import pickle
import subprocess
import sys
from dataclasses import dataclass, replace

import pytest

from lazygrad import runtime
from lazygrad.runtime import discovery, facts, icd


def test_the_best_device_comes_first_and_the_order_stays() -> None:
    found = runtime.devices()
    assert runtime.find_device() is found[0] or os.environ.get("LAZYGRAD_DEVICE")
    assert runtime.devices() == found
    assert [device.index for device in found] == list(range(len(found)))
    order = [({"gpu": 0, "cpu": 1}.get(d.kind, 2), -d.facts.rank) for d in found]
    assert order == sorted(order)


def test_a_device_is_found_by_each_of_its_names(device: runtime.Device) -> None:
    find = runtime.find_device
    assert find(str(device)) is device
    assert find(str(device).upper()) is device
    assert find(device.index) is device
    assert find(str(device.index)) is device
    assert find(device) is device
    assert find(device.implementation).implementation == device.implementation
    assert find(device.kind).kind == device.kind
    assert device.name in repr(device)
    assert str(device) in repr(device)


def test_a_platform_counts_before_a_device_name(device: runtime.Device) -> None:
    others = {d.implementation for d in runtime.devices()}
    for name in others:
        assert runtime.find_device(name).implementation == name


def test_copies_and_pickles_are_the_device_itself(device: runtime.Device) -> None:
    assert copy.copy(device) is device
    assert copy.deepcopy([device])[0] is device
    assert pickle.loads(pickle.dumps(device)) is device
    assert len({device, copy.copy(device)}) == 1


def test_the_environment_chooses(device: runtime.Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAZYGRAD_DEVICE", str(device))
    assert runtime.find_device() is device
    monkeypatch.setenv("LAZYGRAD_DEVICE", "quantum")
    with pytest.raises(runtime.DeviceNotFoundError, match="'quantum' from LAZYGRAD_DEVICE"):
        runtime.find_device()


@pytest.mark.parametrize("spec", ["quantum", "cpu:99", "", 99, -1, "99"])
def test_an_unknown_device_is_an_error_that_lists_the_known(spec: str | int) -> None:
    with pytest.raises(runtime.DeviceNotFoundError) as caught:
        runtime.find_device(spec)
    assert str(caught.value).startswith(f"find_device: got {spec!r}")
    for device in runtime.devices():
        assert repr(device) in str(caught.value)


def test_a_device_that_is_no_name_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"find_device: got 1\.5"):
        runtime.find_device(1.5)  # type: ignore[arg-type]


def test_cpu_means_the_default_where_there_is_no_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    device = runtime.devices()[0]
    monkeypatch.setattr(device, "kind", "gpu")
    monkeypatch.setattr(discovery, "_devices", [device])
    assert runtime.find_device("cpu") is device
    assert runtime.find_device("cuda") is device
    assert runtime.find_device("gpu:0") is device
    with pytest.raises(runtime.DeviceNotFoundError):
        runtime.find_device("accelerator")


def test_no_opencl_at_all_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "_devices", [])
    monkeypatch.setattr(icd, "intel_wheel_library", lambda: None)
    monkeypatch.setattr(discovery.host, "system", lambda: "Linux")
    monkeypatch.setattr(discovery.host, "machine", lambda: "x86_64")
    with pytest.raises(runtime.DeviceNotFoundError) as caught:
        runtime.find_device()
    assert "pip install intel-opencl-rt intel-cmplr-lib-rt" in str(caught.value)
    assert issubclass(runtime.DeviceNotFoundError, RuntimeError)


def test_every_system_has_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    command = discovery.install_command
    assert command("Windows", "AMD64").startswith("pip install intel-opencl-rt")
    assert command("Windows", "ARM64").startswith("winget ")
    for manager in ("apt", "dnf", "pacman", "brew"):
        monkeypatch.setattr(
            discovery.shutil, "which", lambda name, here=manager: name if name == here else None
        )
        assert manager in command("Linux", "aarch64")
    monkeypatch.setattr(discovery.shutil, "which", lambda name: None)
    assert "pocl" in command("Darwin", "arm64")


def test_facts_are_plausible(device: runtime.Device) -> None:
    known = device.facts
    assert known.kind == device.kind
    assert known.compute_units >= 1
    assert known.max_work_group >= 1
    assert known.local_mem_bytes >= 16 << 10
    assert known.max_alloc_bytes >= 1 << 27
    assert known.global_mem_bytes >= known.max_alloc_bytes
    assert known.vector_bytes in (4, 8, 16, 32, 64, 128)
    assert known.has_fp64 == ("cl_khr_fp64" in known.extensions)
    assert hash(known) == hash(replace(known))


@pytest.mark.parametrize(
    ("platform", "vendor", "name", "expected"),
    [
        ("Portable Computing Language", "The pocl project", "pthread-Intel Xeon", "pocl"),
        ("Intel(R) OpenCL", "Intel(R) Corporation", "AMD EPYC", "intel"),
        ("NVIDIA CUDA", "NVIDIA Corporation", "NVIDIA H100", "nvidia"),
        ("AMD Accelerated Parallel Processing", "Advanced Micro Devices, Inc.", "gfx90a", "amd"),
        ("rusticl", "Mesa/X.org", "AMD Radeon", "rusticl"),
        ("Oclgrind", "University of Bristol", "Oclgrind Simulator", "oclgrind"),
        ("Unheard Of", "Somebody", "Thing", "other"),
    ],
)
def test_the_implementation_is_read_from_the_platform(
    platform: str, vendor: str, name: str, expected: str
) -> None:
    assert facts.implementation_of(platform, vendor, name) == expected


def test_versions_compare_as_numbers() -> None:
    assert facts.version_numbers("3.0-rc2") == (3, 0)
    assert facts.version_numbers("OpenCL 3.10.2 PoCL") == (3, 10, 2)
    assert facts.version_numbers("none") == ()
    assert facts.version_numbers("3.10") > facts.version_numbers("3.9")


def test_oddities_apply_to_their_versions_and_kinds() -> None:
    plain = runtime.devices()[0].facts
    cpu = replace(plain, kind="cpu", rank=50, fma_slow=False, mul_hi_slow=False)
    assert facts.with_quirks(cpu, "pocl", (3, 0)).fma_slow
    assert not facts.with_quirks(cpu, "pocl", (3, 1)).fma_slow
    assert not facts.with_quirks(replace(cpu, kind="gpu"), "pocl", (3, 0)).fma_slow
    assert facts.with_quirks(cpu, "intel", ()).rank > facts.with_quirks(cpu, "pocl", (3, 1)).rank
    assert not facts.with_quirks(cpu, "qualcomm", ()).one_program_per_plan
    assert facts.with_quirks(replace(cpu, kind="gpu"), "oclgrind", (21, 10)).kind == "cpu"
    assert facts.with_quirks(cpu, "other", ()) == cpu


def test_limits_are_overridden() -> None:
    plain = runtime.devices()[0].facts
    given = " kind=gpu,max_work_group=64, has_fp64=0,max_alloc_bytes=16M,local_mem_bytes=48K,"
    changed = facts.with_limits(plain, given)
    assert (changed.kind, changed.max_work_group, changed.has_fp64) == ("gpu", 64, False)
    assert (changed.max_alloc_bytes, changed.local_mem_bytes) == (16 << 20, 48 << 10)
    assert max(changed.max_work_items) <= 64
    assert facts.with_limits(plain, "") == plain


@pytest.mark.parametrize(
    "given", ["fp64=0", "has_fp64", "has_fp64=no", "kind=tpu", "max_alloc_bytes=-1", "=", "16M"]
)
def test_limits_that_are_none_are_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"LAZYGRAD_LIMITS: got .*expected parts such as"):
        facts.with_limits(runtime.devices()[0].facts, given)


@dataclass
class Listed:
    """What is asked of devices before they are ordered."""

    implementation: str
    driver_version: str


def test_of_two_pocls_the_newest_is_used(caplog: pytest.LogCaptureFixture) -> None:
    old, new = Listed("pocl", "3.0"), Listed("pocl", "3.1+debian")
    intel = Listed("intel", "2026.22")
    assert discovery._one_pocl([old, intel, new]) == [intel, new]
    assert "only 3.1+debian is used" in caplog.text
    caplog.clear()
    assert discovery._one_pocl([old, intel, old]) == [old, intel, old]
    assert not caplog.text


def test_a_forked_child_is_told(device: runtime.Device) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    script = """
import os, sys
from lazygrad import runtime
device = runtime.find_device(sys.argv[1])
buffer = runtime.allocate(device, 64)
child = os.fork()
if child == 0:
    try:
        device.synchronize()
    except RuntimeError as error:
        os._exit(7 if "fork" in str(error) else 8)
    os._exit(9)
_, status = os.waitpid(child, 0)
device.synchronize()
sys.exit(os.waitstatus_to_exitcode(status))
"""
    run = subprocess.run([sys.executable, "-c", script, str(device)], timeout=60, check=False)
    assert run.returncode == 7
