from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.case import Role
from StrokeSegLogic.slicer_bridge.case import case_from_nodes
from StrokeSegLogic.slicer_bridge.volumes import add_volume


@pytest.fixture
def image() -> sitk.Image:
    return sitk.GetImageFromArray(np.arange(320, dtype=np.int16).reshape(5, 8, 8))


def test_nodes_become_a_case_with_the_users_roles(scene: Any, image: sitk.Image):
    nodes = {"flair": add_volume(scene, image, "9_flair"), Role.T1: add_volume(scene, image, "3_t1")}
    case = case_from_nodes(nodes, "case-7")
    assert case.name == "case-7"
    assert case.roles == (Role.T1, Role.FLAIR)
    series = case.series[Role.FLAIR]
    assert (series.source, series.reason, series.confidence) == ("9_flair", "chosen by the user", 1.0)
    assert series.image.GetPixelID() == sitk.sitkFloat32
    voxels = np.arange(320, dtype=np.float32).tobytes()
    assert series.sha256 == hashlib.sha256(voxels).hexdigest()


def test_the_nodes_stay_as_they_are(scene: Any, image: sitk.Image):
    node = add_volume(scene, image, "dwi")
    before = (scene.GetNumberOfNodes(), node.GetMTime(), node.GetImageData().GetMTime())
    case_from_nodes({Role.DWI: node})
    assert (scene.GetNumberOfNodes(), node.GetMTime(), node.GetImageData().GetMTime()) == before


def test_one_volume_cannot_have_two_roles(scene: Any, image: sitk.Image):
    node = add_volume(scene, image, "scan")
    with pytest.raises(InputError, match="scan: is chosen as DWI and as FLAIR"):
        case_from_nodes({Role.DWI: node, Role.FLAIR: node})


def test_one_role_cannot_have_two_volumes(scene: Any, image: sitk.Image):
    nodes = {"dwi": add_volume(scene, image, "a"), Role.DWI: add_volume(scene, image, "b")}
    with pytest.raises(InputError, match="two series claim the role DWI"):
        case_from_nodes(nodes)


def test_what_is_no_scalar_volume_is_refused(scene: Any, image: sitk.Image):
    labels = add_volume(scene, image, "mask", label=True)
    with pytest.raises(InputError, match="mask: is not a scalar volume and cannot be the DWI"):
        case_from_nodes({"DWI": labels})
    with pytest.raises(InputError, match="no volume is chosen as DWI"):
        case_from_nodes({"DWI": None})
    with pytest.raises(InputError, match="'PD' is not a role"):
        case_from_nodes({"PD": labels})
    with pytest.raises(InputError, match="no volume"):
        case_from_nodes({})


def test_what_no_network_can_use_is_refused_by_name(scene: Any):
    flat = add_volume(scene, sitk.Image(8, 8, 8, sitk.sitkFloat32), "blank")
    with pytest.raises(InputError, match="blank: every voxel has the same value"):
        case_from_nodes({"DWI": flat})
    huge = sitk.GetImageFromArray(np.linspace(0, 1e300, 512).reshape(8, 8, 8))
    with pytest.raises(InputError, match=r"huge: .*infinite"):
        case_from_nodes({"DWI": add_volume(scene, huge, "huge")})
