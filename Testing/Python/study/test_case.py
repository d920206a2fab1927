from __future__ import annotations

from collections.abc import Callable

import pytest
import SimpleITK as sitk

from StrokeSegLogic.base.errors import InputError
from StrokeSegLogic.study.case import Case, Role, Series

IMAGE = sitk.Image(4, 4, 4, sitk.sitkFloat32)


def series(role: Role, source: str) -> Series:
    return Series(role, IMAGE, source, "said so", 1.0, "0" * 64)


def test_roles_come_in_channel_order_whatever_the_files_order(make_case: Callable[..., Case]) -> None:
    assert make_case({Role.FLAIR: IMAGE, Role.T1: IMAGE}).roles == (Role.T1, Role.FLAIR)


def test_two_series_of_one_role_are_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"two series claim to be DWI: a\.nii and b\.nii"):
        Case.of("x", [series(Role.DWI, "a.nii"), series(Role.DWI, "b.nii")])


def test_a_case_without_volumes_is_refused() -> None:
    with pytest.raises(InputError, match="no volume"):
        Case.of("x", [])


@pytest.mark.parametrize(("text", "role"), [("dwi", Role.DWI), (" FLAIR ", Role.FLAIR), (Role.T2, Role.T2)])
def test_roles_are_read_in_any_case(text: str | Role, role: Role) -> None:
    assert Role.parse(text) is role


def test_an_unknown_role_is_refused_with_the_known_roles() -> None:
    with pytest.raises(InputError, match="'SWI' is no sequence or map. Use one of T1, T2, DWI, FLAIR, ADC"):
        Role.parse("SWI")


def test_the_reference_is_the_dwi_unless_told_otherwise(make_case: Callable[..., Case]) -> None:
    case = make_case({Role.FLAIR: IMAGE, Role.DWI: IMAGE})
    assert case.reference().role is Role.DWI
    assert case.reference(Role.FLAIR).role is Role.FLAIR
