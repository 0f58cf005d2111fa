"""`python -m lazygrad`: the devices of this machine, tried out; `... check`: every promise;
`... schedules`: what tuning found."""

import argparse
import json
import sys
import time
from typing import Any

from lazygrad import runtime
from lazygrad.check import PARTS
from lazygrad.check.runner import ask, findings, serve

from . import tuning


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lazygrad",
        description="The OpenCL devices found, their limits and oddities, a self-test and speeds.",
    )
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--device", action="append", help="only this one; may be repeated")
    commands = parser.add_subparsers(dest="command")
    check = commands.add_parser(
        "check", help="measure each promise of the library here and now",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="\n".join(["parts:", *(f"  {p:12} {what}" for p, what in PARTS.items())]),
    )  # fmt: skip
    check.add_argument("part", nargs="*", help="all of them where none is named")
    check.add_argument("--device", action="append", help="as without check")
    check.add_argument("--full", action="store_true", help="hours instead of minutes")
    check.add_argument("--json", action="store_true", help="a line of JSON for each finding")
    found = commands.add_parser(
        "schedules", help="what tuning found for a device: shown, exported, loaded, forgotten"
    )
    found.add_argument("action", nargs="?", default="show",
                       choices=("show", "export", "load", "clear"))  # fmt: skip
    found.add_argument("path", nargs="?", help="the file to export to or load from")
    found.add_argument("--device", action="append", help="the default one where none is named")
    child = commands.add_parser("serve")
    child.add_argument("part")
    child.add_argument("--full", action="store_true")
    return parser


def _row(name: str, value: object) -> str:
    return f"    {name:22}{value}"


def _told(device: dict[str, Any]) -> str:
    """A device as people read it."""
    limits = device["limits"]
    lines = [
        f"{device['index']}  {device['name']}  {device['device']}",
        _row("platform", f"{device['platform']}, {device['version']}"),
        _row("driver", device["driver"]),
        _row("compute units", limits["compute_units"]),
        _row("memory", f"{limits['global_mem_bytes'] / 2**30:.1f} GiB, "
             f"{limits['max_alloc_bytes'] / 2**30:.1f} GiB in one buffer"),
        _row("local, constant", f"{limits['local_mem_bytes'] >> 10}, "
             f"{limits['constant_mem_bytes'] >> 10} KiB"),
        _row("work-group", limits["max_work_group"]),
        _row("arguments", f"{limits['max_argument_bytes']} bytes"),
        _row("float64", "yes" if limits["has_fp64"] else "no"),
        _row("float16", "yes" if limits["has_fp16"] else "stored, computed in float32"),
    ]  # fmt: skip
    lines += [_row("known", why) for why in device["quirks"]]
    for row in device["self_test"]:
        lines.append(_row("self-test", f"{row['promise']}: {row['figure']}"))
        lines += [_row("", line) for line in row["detail"].splitlines()]
        if not row["held"]:
            lines.append(_row("", "THIS FAILED: do not trust what the device computes"))
    if device["speed"]:
        lines.append(
            _row("speed", "{copy_gb_per_s:.0f} GB/s, matmul {matmul_gflop_per_s:.0f} GFLOP/s, "
                 "small kernel {small_kernel_us:.0f} µs, first one {first_kernel_ms:.0f} ms"
                 .format(**device["speed"]))
        )  # fmt: skip
    return "\n".join(lines)


def show_devices(names: list[str], as_json: bool) -> int:
    """Prints the devices; 1 where a self-test failed or a driver died."""
    told, failed = [], False
    for name in names:
        device = list(ask("describe", name))[-1]
        if "limits" not in device:
            device = {"name": name, "died": device}
        else:
            device["self_test"] = list(ask("devices", name))
            failed |= not all(row["held"] for row in device["self_test"])
            device["speed"] = next((row for row in ask("speed", name) if "held" not in row), {})
            if not as_json:
                print(_told(device), flush=True)
        told.append(device)
    if as_json:
        print(json.dumps(told, indent=1))
    return int(failed or any("died" in device for device in told))


def show_check(parts: list[str], devices: list[str], full: bool, as_json: bool) -> int:
    """Prints every finding; 1 where one did not hold."""
    broken = 0
    start = time.monotonic()
    for device, finding in findings(parts, devices, full):
        broken += not finding.held
        if as_json:
            print(json.dumps({"device": device, **vars(finding)}), flush=True)
        else:
            print(f"{device:12} {finding}", flush=True)
    if not as_json:
        print(f"{broken} promises broken; {time.monotonic() - start:.0f} s")
    return int(broken > 0)


def schedules(action: str, path: str | None, device: str | None) -> int:
    """Does what `lg.tuning` does."""
    if action in ("export", "load"):
        if path is None:
            print(f"schedules: {action} wants a path", file=sys.stderr)
            return 2
        try:
            count = getattr(tuning, action)(path, device)
        except (OSError, ValueError) as error:
            print(f"schedules: {error}", file=sys.stderr)
            return 1
        print(f"{action}: {count} kernels")
    elif action == "clear":
        tuning.clear(device)
    for kernel in tuning.tuned(device) if action == "show" else ():
        print(kernel)
    return 0


def main() -> int:
    parser = _parser()
    arguments = parser.parse_args()
    if arguments.command == "schedules":
        return schedules(arguments.action, arguments.path, (arguments.device or [None])[0])
    if arguments.command == "serve":
        serve(arguments.part, arguments.full)
        return 0
    devices = [str(runtime.find_device(name)) for name in arguments.device or ()]
    if not arguments.device:
        # where there is none, find_device raises the error that tells what to install
        devices = [str(found) for found in runtime.devices() or [runtime.find_device()]]
    if arguments.command == "check":
        parts = arguments.part or list(PARTS)
        unknown = [part for part in parts if part not in PARTS]
        if unknown:
            parser.error(f"check: got {unknown[0]!r}, expected parts: {', '.join(PARTS)}")
        return show_check(parts, devices, arguments.full, arguments.json)
    return show_devices(devices, arguments.json)


if __name__ == "__main__":
    sys.exit(main())
