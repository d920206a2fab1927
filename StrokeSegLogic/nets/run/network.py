"""Which device computes, in which precision, and running a plane's network on it over a stack of slices."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from ...base.errors import DeviceError, ModelError, is_out_of_memory
from ...base.progress import Progress
from ...base.settings import DEVICES, one_of
from ..models.bundle import Bundle, manifest_text, require_fitting_weights
from ..models.registry import keep
from ..networks.base import channels_last
from ..networks.build import build
from ..networks.spec import NetworkSpec
from .inputs import canvases, on_canvas


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


PIXELS_A_BATCH = 16 * 192 * 192
"""How much goes through a network at once: about 1 GB for the compact network in float32."""


def load(bundle: Bundle, device: Device) -> dict[str, nn.Module]:
    """The networks of a model, verified, in evaluation mode on the device; within `registry.keeping`, those in memory.

    Raises:
        ModelError: if the weights are missing, damaged, or do not fit the network that the manifest describes.
    """

    def read() -> dict[str, nn.Module]:
        # Before torch allocates anything.
        require_fitting_weights(bundle)
        return {
            member: _network(bundle.spec.network, parameters, bundle, device)
            for member, parameters in bundle.load().items()
        }

    return keep(manifest_text(bundle.spec), str(device.where), read)


def _network(spec: NetworkSpec, parameters: Mapping[str, np.ndarray], bundle: Bundle, device: Device) -> nn.Module:
    tensors = {name: torch.from_numpy(value.copy()) for name, value in parameters.items()}
    try:
        network = build(spec)
        network.load_state_dict(tensors, strict=True)
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            f"the weights do not fit the network ({str(error).splitlines()[0]})",
            where=bundle.folder,
            fix="Install the model again",
        ) from error
    channels_last(network)
    return network.eval().to(device.where)


@torch.inference_mode()
def lesion_probability(
    network: nn.Module,
    slices: np.ndarray,
    device: Device,
    progress: Progress,
    message: str,
    canvas: Sequence[int] = (),
) -> np.ndarray:
    """Lesion probability of normalised slices.

    Args:
        network: logits (N, 2, H, W) of (N, C, H, W).
        slices: float32 (N, C, H, W).
        device: where to compute.
        progress: told of each batch; a cancel is heard between two layers.
        message: the stage in words.
        canvas: rows and columns that slices are shown on; see `inputs.canvases`.

    Returns:
        float32 (N, H, W).

    Raises:
        DeviceError: if not even one slice fits into the device's memory.
        ModelError: if the network's answer is no number, in float32 too.
    """
    count, _, height, width = slices.shape
    out = np.zeros((count, height, width), np.float32)
    sides = canvases(slices, canvas)
    done = 0
    for rows, columns in sorted(set(sides)):
        left = [number for number, side in enumerate(sides) if side == (rows, columns)]
        size = max(PIXELS_A_BATCH // max(rows * columns, 1), 1)
        while left:
            progress(done / count, message)
            part = left[:size]
            try:
                with heard_between_layers(network, progress):
                    out[part] = _batch(network, slices[part], device, (rows, columns))
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
                if size == 1:
                    raise DeviceError(
                        "the device has too little memory for one slice",
                        where=device.name,
                        fix="Use cpu",
                        option="device",
                    ) from error
                size = max(size // 2, 1)
                continue
            left = left[size:]
            done += len(part)
    progress(1.0, message)
    return out


@contextmanager
def heard_between_layers(network: nn.Module, progress: Progress) -> Iterator[None]:
    """Inside, a network asks before each of its layers whether to go on: on a busy computer a batch takes seconds.

    Smaller batches would be heard as well, but give other bits.
    """
    layers = [module for module in network.modules() if not any(module.children())]
    asking = [layer.register_forward_pre_hook(lambda _layer, _inputs: progress.check()) for layer in layers]
    try:
        yield
    finally:
        for hook in asking:
            hook.remove()


def _batch(network: nn.Module, slices: np.ndarray, device: Device, canvas: Sequence[int]) -> np.ndarray:
    shown, target, origin = on_canvas(slices, canvas)
    images = torch.from_numpy(np.ascontiguousarray(shown)).to(device.where, memory_format=torch.channels_last)
    with torch.autocast(device.where.type, device.autocast, enabled=device.autocast is not None):
        logits = network(images)
    if device.autocast is not None and not torch.isfinite(logits).all():
        # A reduced type may overflow where float32 does not.
        logits = network(images)
    if not torch.isfinite(logits).all():
        raise ModelError(
            "the network's answer is not a number",
            where=device.name,
            fix="Try cpu, or another model",
            option="device",
        )
    said = logits.float().softmax(1)[:, 1].cpu().numpy()
    out = np.zeros((len(slices), *slices.shape[2:]), np.float32)
    out[:, origin[0], origin[1]] = said[:, target[0], target[1]]
    return out
