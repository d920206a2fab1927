"""Which device computes, and in which precision."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from ...base.errors import DeviceError
from ...base.settings import DEVICES, one_of


@dataclass(frozen=True)
class Device:
    """A device and the precision that it gains from.

    Attributes:
        where: the torch device.
        autocast: the reduced type to compute in, or None for float32.
        name: for the record.
    """

    where: torch.device
    autocast: torch.dtype | None
    name: str

    @property
    def precision(self) -> str:
        return "float32" if self.autocast is None else str(self.autocast).removeprefix("torch.")


def choose(wanted: str = "auto", full_precision: bool = False) -> Device:
    """The device of that name; "auto" takes CUDA, then MPS, then the CPU.

    Args:
        wanted: one of `base.settings.DEVICES`.
        full_precision: float32 even where a reduced type is faster.

    Raises:
        DeviceError: if it was asked for and is not there.
        InputError: if there is no such choice.
    """
    one_of(wanted, DEVICES, "device")
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    kind = next(kind for kind, found in there.items() if found) if wanted == "auto" else wanted
    if not there[kind]:
        raise DeviceError(
            f"this computer or this build of torch has no {kind.upper()} device",
            option="device",
            fix="Use auto or cpu",
        )
    name = torch.cuda.get_device_name() if kind == "cuda" else f"{kind} ({platform.machine()})"
    return Device(torch.device(kind), None if full_precision else _reduced_type(kind), name)


def _reduced_type(kind: str) -> torch.dtype | None:
    """What a device computes faster in than float32, if anything."""
    if kind == "cuda":
        # bfloat16 has float32's range, in which the models were trained; older cards have float16 alone.
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.bfloat16 if kind == "cpu" and _cpu_has_bf16() else None


def _cpu_has_bf16() -> bool:
    """Whether the CPU multiplies bfloat16 itself; where it does not, emulation is slower than float32."""
    # Older torch cannot say; float32 is right everywhere.
    found: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))


@contextmanager
def deterministic() -> Iterator[None]:
    """Torch's deterministic algorithms inside the block; torch's own settings come back after it."""
    before, benchmark = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    # cuBLAS asks for this before its first call on CUDA; it changes nothing elsewhere.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    torch.backends.cudnn.benchmark = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before, warn_only=warn_only)
        torch.backends.cudnn.benchmark = benchmark
