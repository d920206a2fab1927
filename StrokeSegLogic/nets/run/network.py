"""Running one plane's network over a stack of slices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from ...base.errors import DeviceError, ModelError, is_out_of_memory
from ...base.progress import Progress
from ..models.bundle import Bundle, require_fitting_weights
from ..models.registry import keep
from ..networks.base import channels_last
from ..networks.build import build
from ..networks.spec import NetworkSpec
from .device import Device
from .inputs import canvases, on_canvas

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

    return keep(bundle.spec.to_json(), str(device.where), read)


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
