"""Devices, processes and precision of a training run, through lightning-fabric."""

from __future__ import annotations

from dataclasses import dataclass

from lightning_fabric import Fabric

from ..errors import DeviceError


@dataclass(frozen=True)
class Hardware:
    """What a run may use.

    Attributes:
        accelerator: "auto", "cpu", "cuda" or "mps".
        devices: processes on this computer, one a GPU; on a CPU they share its cores.
        nodes: computers, each started with the same command as lightning-fabric's manual asks
            (MASTER_ADDR, MASTER_PORT, NODE_RANK) or by a cluster's manager.
    """

    accelerator: str = "auto"
    devices: int = 1
    nodes: int = 1


def launch(hardware: Hardware, precision: str) -> Fabric:
    """Fabric with its processes running; each process gets its own from here on.

    Raises:
        DeviceError: if the device is not there, or not as often.
    """
    many = hardware.devices * hardware.nodes > 1
    try:
        fabric = Fabric(
            accelerator=hardware.accelerator,
            devices=hardware.devices,
            num_nodes=hardware.nodes,
            strategy="ddp" if many else "auto",
            precision=precision,  # type: ignore[arg-type]
        )
    except (RuntimeError, ValueError) as error:
        # lightning-fabric says in its own words what is missing; MisconfigurationException is a RuntimeError or not.
        raise DeviceError(
            f"cannot train on {hardware.devices} x {hardware.accelerator} ({' '.join(str(error).split())})",
            fix="Choose another accelerator, number of devices or precision",
        ) from error
    fabric.launch()
    return fabric
