"""Devices, processes and precision of a training run, through lightning-fabric."""

from __future__ import annotations

import atexit
import gc
import logging
from dataclasses import dataclass
from datetime import timedelta

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from lightning_fabric.utilities.exceptions import MisconfigurationException
from torch import nn

from ..base.errors import DeviceError

ACCELERATORS = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")
"""lightning-fabric's names; the others store the weights themselves in fewer bits."""
PATIENCE = timedelta(hours=12)
"""How long processes wait for the first, which alone prepares cases, validates and writes."""


@dataclass(frozen=True)
class Hardware:
    """What a run may use.

    Attributes:
        accelerator: one of `ACCELERATORS`.
        devices: processes on this computer, one a GPU; on a CPU they share its cores.
        nodes: computers, each started with the same command as lightning-fabric's manual asks
            (MASTER_ADDR, MASTER_PORT, NODE_RANK) or by a cluster's manager; the run's folder is on a disk that all see.
    """

    accelerator: str = "auto"
    devices: int = 1
    nodes: int = 1


def require_single_process(hardware: Hardware, what: str) -> None:
    """Refuses several processes for work that one process orders: they would all predict and write.

    Raises:
        DeviceError: if there are several.
    """
    if hardware.devices * hardware.nodes > 1:
        raise DeviceError(
            f"{what} runs in one process",
            option="devices",
            fix="Ask for one device on one node, or train each recipe or fold by itself",
        )


def launch(hardware: Hardware, precision: str) -> Fabric:
    """Fabric with its processes running; each process gets its own from here on.

    Raises:
        DeviceError: if the device is not there, or not as often.
    """
    if hardware.accelerator not in ACCELERATORS:
        raise DeviceError(
            f"no accelerator is called '{hardware.accelerator}'",
            option="accelerator",
            fix=f"Use one of {', '.join(ACCELERATORS)}",
        )
    # Its greetings come from every process, and say what the user has just asked for.
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)
    many = hardware.devices * hardware.nodes > 1
    try:
        fabric = Fabric(
            accelerator=hardware.accelerator,
            devices=hardware.devices,
            num_nodes=hardware.nodes,
            strategy=DDPStrategy(timeout=PATIENCE) if many else "auto",
            precision=precision,  # type: ignore[arg-type]
        )
    except (RuntimeError, ValueError, MisconfigurationException) as error:
        raise DeviceError(
            f"cannot train on {hardware.devices} x {hardware.accelerator} ({' '.join(str(error).split())})",
            option="accelerator",
            fix="Choose another accelerator, number of devices or precision",
        ) from error
    fabric.launch()
    if many:
        atexit.register(_part)
    return fabric


def require_sound(fabric: Fabric, network: nn.Module) -> None:
    """Refuses bfloat16 on a CPU for volumes.

    oneDNN's weight gradient of a bfloat16 `Conv3d` over a depth of two reads memory that nobody wrote (torch 2.13);
    a volume of 32 slices has that depth at the fifth level. What comes out is sometimes infinite and sometimes wrong.

    Raises:
        DeviceError: if the network has 3-D convolutions and would learn so.
    """
    volumes = any(isinstance(module, nn.Conv3d) for module in network.modules())
    if volumes and fabric.device.type == "cpu" and fabric.strategy.precision.precision == "bf16-mixed":
        raise DeviceError(
            "a 3-D network does not learn in bfloat16 on a CPU, where its gradients can be wrong",
            where="precision",
            fix="Set it to 32-true, or train on a GPU",
        )


def _part() -> None:
    """Ends the processes' connection while Python is still whole; its threads abort a process that ends with them."""
    gc.collect()  # networks that were wrapped for the connection hold it
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
