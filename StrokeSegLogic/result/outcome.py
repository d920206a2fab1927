"""What every result has in common, whatever it was made of: what files, scenes and nodes ask of it, how it was made."""

from __future__ import annotations

import platform
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Literal, Protocol

from .. import __version__
from ..base.settings import ExtraName
from ..study.case import Case, Role, Series
from ..study.volumes.source_image import images_record
from .doubts import Doubt
from .lesions import Places
from .looks import PaletteName, SegmentStyle

if TYPE_CHECKING:
    import numpy as np
    import SimpleITK as sitk

    from ..space.grid import Grid

_PACKAGES = ("torch", "numpy", "SimpleITK", "nibabel", "safetensors")

Look = Literal["grey", "counts"] | PaletteName
Scale = tuple[float, float]
"""Factor and offset."""
AS_GIVEN: Scale = (1.0, 0.0)
"""Of values that were not changed."""


@dataclass(frozen=True)
class Display:
    """How a volume is shown: in the report, in a scene that is written and in the user's own alike.

    Attributes:
        look: a palette; "counts" has one colour for each of 0 to 3 planes.
        window: the values shown darkest and brightest; the viewer's own choice where None.
        unit: of the values, "" where they have none.
        computed: whether it is a perfusion map that was computed here from the 4-D series.
        scale: factor and offset that made these values of those that were given.
    """

    look: Look = "grey"
    window: tuple[float, float] | None = None
    unit: str = ""
    computed: bool = False
    scale: Scale = AS_GIVEN

    def title(self, name: str) -> str:
        """What a volume of that name is called where people see it: "Tmax (computed)" beside a "CBF" that was given."""
        seen = next((role.display_name for role in Role if role.value == name), name)
        return f"{seen} (computed)" if self.computed else seen

    @property
    def of_given(self) -> Display:
        """How the volume that was given is shown, whose values are in a unit of its own: with the same colours at the
        same places."""
        if self.scale == AS_GIVEN:
            return self
        factor, offset = self.scale
        low, high = (0.0, 0.0) if self.window is None else self.window
        window = None if self.window is None else ((low - offset) / factor, (high - offset) / factor)
        return replace(self, window=window, unit="", scale=AS_GIVEN)


@dataclass(frozen=True)
class Layer:
    """A volume that a result is looked at on, or with.

    Attributes:
        name: of the volume: "DWI", "TMAX", "Probability".
        image: on any grid.
        look, window, unit, computed, scale: see `Display`.
    """

    name: str
    image: sitk.Image
    look: Look = "grey"
    window: tuple[float, float] | None = None
    unit: str = ""
    computed: bool = False
    scale: Scale = AS_GIVEN

    @property
    def display(self) -> Display:
        return Display(self.look, self.window, self.unit, self.computed, self.scale)

    @property
    def title(self) -> str:
        """The name as people see it."""
        return self.display.title(self.name)

    def record(self) -> dict[str, Any]:
        """JSON-ready: how it is shown, without its voxels."""
        return {"name": self.name, **asdict(self.display)}


@dataclass(frozen=True)
class Maker:
    """What drew the labels.

    Attributes:
        name: a model's name and version, or "thresholds".
        weights_sha256: of a network, else "".
        trained_on: what a network has learned from, else "".
    """

    name: str
    weights_sha256: str = ""
    trained_on: str = ""

    @classmethod
    def of(cls, model: Mapping[str, Any], trained_on: str, otherwise: str = "") -> Maker:
        """That of a result.

        Args:
            model: name, version and weights_sha256 of a network; empty where none was at work.
            trained_on: what the network has learned from.
            otherwise: the name where no model has any.
        """
        name = " ".join(str(model[key]) for key in ("name", "version") if model.get(key))
        return cls(name or otherwise, str(model.get("weights_sha256", "")), str(trained_on))

    @property
    def words(self) -> str:
        """A sentence on what a network has learned from; "" where none was at work."""
        return f"Trained on {self.trained_on.rstrip('.')}." if self.trained_on else ""


class Outcome(Protocol):
    """A result: labels on the reference's grid with all that is needed to judge them."""

    @property
    def case(self) -> Case: ...

    @property
    def reference(self) -> Role:
        """The role whose grid the labels lie on."""

    @property
    def labels(self) -> sitk.Image:
        """uint8; 0 is background."""

    @property
    def grid(self) -> Grid: ...

    def array(self) -> np.ndarray:
        """The labels as an array (z, y, x), uint8."""

    @property
    def styles(self) -> Mapping[int, SegmentStyle]:
        """How each label value is called and drawn, in the order of a list of segments."""

    @property
    def maker(self) -> Maker: ...

    @property
    def alternatives(self) -> Mapping[str, Outcome]:
        """The same case as other methods saw it, by the method's name: shown beside this result, never in its place."""

    @property
    def unusual(self) -> tuple[Doubt, ...]:
        """What hardly any patient has, or what the study lacks that it should rest on: said before all else."""

    @property
    def warnings(self) -> tuple[str, ...]: ...

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Everything to look at in a scene, each with a name of its own."""

    @property
    def background(self) -> str:
        """Name of the layer that the labels are shown on."""

    @property
    def foreground(self) -> str | None:
        """Name of the layer that lies before it, faded out until it is asked for."""

    @property
    def focus_mm(self) -> tuple[float, float, float] | None:
        """What the views show first, LPS; None for the middle."""

    @property
    def brain(self) -> sitk.Image:
        """uint8 mask of the brain, on the reference's grid."""

    @property
    def brain_from(self) -> str:
        """How the brain mask came about, in words; "" where that is not known."""

    @property
    def methods(self) -> Mapping[str, sitk.Image]:
        """Where several methods stand beside one another: the labels of each, the chosen among them, by its name."""

    @property
    def extras(self) -> Mapping[ExtraName, Mapping[str, sitk.Image]]:
        """Volumes that are handed over where they are asked for, by their names."""

    def headline(self) -> tuple[str, ...]:
        """What a reader wants to know first, in lines."""

    def places(self) -> Places:
        """Where a reviewer should look."""

    @property
    def volumes(self) -> Mapping[str, sitk.Image]:
        """What is written as NAME.nii.gz; "labels" among them."""

    def summary(self) -> dict[str, Any]:
        """JSON-ready content of result.json."""


BRAIN = "brain"
"""Name of the brain mask among a result's volumes."""


def brain_record(how: str, brain: sitk.Image) -> dict[str, Any]:
    """JSON-ready: how a brain mask came about, its volume, and the file that it is written to.

    Args:
        how: in words.
        brain: uint8 mask.
    """
    import SimpleITK as sitk

    from ..space.grid import Grid

    volume = float((sitk.GetArrayViewFromImage(brain) > 0).sum() * Grid.of(brain).voxel_ml)
    return {"how": how, "volume_ml": volume, "file": f"{BRAIN}.nii.gz"}


def run_record(seconds: float) -> dict[str, Any]:
    """JSON-ready: which StrokeSeg made it, when, and how long it took."""
    return {
        "strokeseg": __version__,
        "made": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
    }


def case_record(case: Case, reference: Role, grid: Grid, used: Collection[Role]) -> dict[str, Any]:
    """JSON-ready: from what it was made, on whose grid, with which packages.

    Args:
        case: the inputs.
        reference: role on whose grid the result lies.
        grid: that grid.
        used: roles that the result rests on.
    """
    return {
        "reference": {
            "role": reference.value,
            "size": list(grid.size),
            "spacing_mm": list(grid.spacing),
            "origin_mm": list(grid.origin),
            "direction": list(grid.direction),
        },
        "inputs": [
            {
                "role": role.value,
                "source": series.source,
                "reason": series.reason,
                "confidence": round(series.confidence, 2),
                "sha256": series.sha256,
                "used": role in used,
                "computed": series.computed,
                **_scale_record(series),
                **({"images": images_record(series.images)} if case.refers and series.images else {}),
            }
            for role, series in case.series.items()
        ],
        "notes": list(case.notes),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}},
        "system": f"{platform.system()} {platform.machine()}",
    }


def _scale_record(series: Series) -> dict[str, Any]:
    """What else the values were taken by, where there is anything: frames' seconds, a unit that the user named."""
    known = {"times_s": series.times_s and list(series.times_s), "unit_given": series.unit}
    return {name: value for name, value in known.items() if value is not None}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
