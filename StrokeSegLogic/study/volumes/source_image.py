"""Which DICOM image a slice of a volume was read from: what a structured report or a segmentation object refers to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .dicom_headers import Slice


@dataclass(frozen=True)
class SourceImage:
    """One slice of a DICOM series, by the UIDs of DICOM PS3.3, C.12.1 and C.7; "" is not given.

    Attributes:
        study_uid, series_uid, frame_of_reference_uid: what it is part of.
        class_uid, instance_uid: of its SOP instance.
        frame: its number in a multi-frame instance, from 1; None where the instance is one slice, or a mosaic.
        tile: its number in a mosaic, from 1, for which DICOM has no reference; None for all else.
        position: of the first voxel's centre, mm, LPS; None if not given.
        orientation: directions of growing column and row index; None if not given.
        spacing: between rows and between columns, mm; None if not given.
    """

    study_uid: str
    series_uid: str
    frame_of_reference_uid: str
    class_uid: str
    instance_uid: str
    frame: int | None
    tile: int | None
    position: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    spacing: tuple[float, ...] | None

    @classmethod
    def of(cls, record: Slice) -> SourceImage:
        """That of a slice."""
        return cls(
            study_uid=record.origin.study_uid,
            # Slices without any are kept together by their folder.
            series_uid="" if record.uid == str(record.path.parent) else record.uid,
            frame_of_reference_uid=record.frame_of_reference,
            class_uid=record.class_uid,
            instance_uid=record.instance_uid,
            frame=record.frame if record.frame and record.tile is None else None,
            tile=record.frame if record.tile is not None else None,
            position=record.position,
            orientation=record.axes,
            spacing=record.spacing,
        )


def images_record(images: Sequence[SourceImage]) -> dict[str, Any]:
    """JSON-ready: what a volume's slices have in common once, and each slice in the volume's order."""
    first = images[0]
    return {
        "study_uid": first.study_uid,
        "frame_of_reference_uid": first.frame_of_reference_uid,
        "orientation": first.orientation and list(first.orientation),
        "pixel_spacing_mm": first.spacing and list(first.spacing),
        "slices": [
            {
                "series_uid": image.series_uid,
                "sop_class_uid": image.class_uid,
                "sop_instance_uid": image.instance_uid,
                "position_mm": image.position and list(image.position),
                **({} if image.frame is None else {"frame": image.frame}),
                **({} if image.tile is None else {"tile": image.tile}),
            }
            for image in images
        ],
    }
