from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from ctp_files import at, dicom_ctp, frames
from hypothesis import given
from hypothesis import strategies as st
from StrokeSegExtensionLib.offers import notes_on, offers_of, recognise
from StrokeSegExtensionLib.study import Offer

from StrokeSegLogic.slicer_bridge.input_volumes import InputVolume
from StrokeSegLogic.study.case import CTP_ROLES, MRI_ROLES, Role

Modality = Literal["mri", "ctp"]


def offers(*volumes: InputVolume | str, modality: Modality = "mri") -> dict[Role, Offer]:
    loaded = [InputVolume(volume, volume) if isinstance(volume, str) else volume for volume in volumes]
    return dict(offers_of([recognise(volume, modality) for volume in loaded], modality))


def test_names_give_roles_with_their_reasons() -> None:
    found = offers("sub-1_acq-iso_dwi", "ax T2 FLAIR fs", "T1 MPRAGE", "ADC map")
    assert {role.value: offer.handle for role, offer in found.items()} == {
        "DWI": "sub-1_acq-iso_dwi",
        "FLAIR": "ax T2 FLAIR fs",
        "T1": "T1 MPRAGE",
        "ADC": "ADC map",
    }
    assert found[Role.FLAIR].reason == "name 'ax T2 FLAIR fs' holds 'flair'"
    assert not any(offer.doubtful for offer in found.values())


@pytest.mark.parametrize(("study", "modality"), [("StrokeSegMRI", "mri"), ("StrokeSegCTPMaps", "ctp")])
def test_the_simulated_studies_are_recognised_though_our_own_name_holds_a_masks(study: str, modality: Modality) -> None:
    roles = MRI_ROLES if modality == "mri" else [role for role in CTP_ROLES if role is not Role.CTP]
    found = offers(*[f"{study}_{'Tmax' if role is Role.TMAX else role}" for role in roles], modality=modality)
    assert set(found) == set(roles)


def test_two_volumes_that_are_as_good_are_offered_in_doubt_with_the_other_named() -> None:
    found = offers("flair 1", "flair 2")
    assert found[Role.FLAIR].doubtful
    assert "so could flair" in found[Role.FLAIR].reason


def test_the_higher_b_value_is_offered_without_doubt() -> None:
    found = offers("dwi b0 b1000", "dwi b500")
    assert (found[Role.DWI].handle, found[Role.DWI].doubtful) == ("dwi b0 b1000", False)


def test_a_name_that_says_little_is_offered_in_doubt() -> None:
    assert offers("proton density T2")[Role.T2].doubtful


def test_the_files_name_helps_where_the_nodes_name_says_nothing() -> None:
    found = offers(InputVolume("id", "patient 7", file="/data/patient 7/7_flair.nii.gz"))
    assert found[Role.FLAIR].reason == "file name '7_flair' holds 'flair'"


@pytest.mark.parametrize("name", ["lesion mask", "flair_seg", "dwi label", "localizer", "swi", "something"])
def test_what_is_no_input_is_not_offered(name: str) -> None:
    assert offers(name) == {}


def test_perfusion_maps_are_offered_for_perfusion_alone() -> None:
    names = ("CBF", "rCBV", "Tmax", "TTP map")
    assert offers(*names) == {}
    assert set(offers(*names, modality="ctp")) == {Role.CBF, Role.CBV, Role.TMAX, Role.TTP}


def test_frames_over_time_are_a_series_and_one_volume_is_none() -> None:
    series = InputVolume("id", "CTP", frames=30)
    nameless = InputVolume("id", "dynamic head", frames=30)
    assert not offers(series, modality="ctp")[Role.CTP].doubtful
    assert offers(nameless, modality="ctp")[Role.CTP].doubtful
    assert offers(InputVolume("id", "CTP"), modality="ctp") == {}
    assert offers(InputVolume("id", "dwi", frames=30)) == {}


def test_a_dicom_series_is_known_by_its_tags_whatever_its_node_is_called(tmp_path: Path) -> None:
    folder = dicom_ctp(tmp_path, frames(2), lambda frame, _place: at(float(frame)))
    file = next(path for path in sorted(folder.rglob("*")) if path.is_file())
    found = offers(InputVolume("id", "12: head", dicom_file=str(file), frames=20), modality="ctp")
    assert "CTP" in found[Role.CTP].reason
    gone = InputVolume("id", "12: flair", dicom_file=str(tmp_path / "moved away.dcm"))
    assert Role.FLAIR in offers(gone)


@given(names=st.lists(st.text(max_size=20), max_size=4), modality=st.sampled_from(["mri", "ctp"]))
def test_no_volume_is_offered_twice_and_offers_are_of_the_modality(names: list[str], modality: Modality) -> None:
    loaded = [InputVolume(str(number), name) for number, name in enumerate(names)]
    found = offers(*loaded, modality=modality)
    handles = [offer.handle for offer in found.values()]
    assert len(handles) == len(set(handles))
    assert set(found) <= set(MRI_ROLES if modality == "mri" else CTP_ROLES)
    assert all(0 <= offer.confidence <= 1 and offer.reason for offer in found.values())


def test_a_volume_that_shows_blood_is_named_with_the_advice_to_look_for_it() -> None:
    loaded = [recognise(InputVolume(name, name), "mri") for name in ("ax DWI b1000", "SWI", "localizer")]
    assert notes_on(loaded) == ("SWI: look for blood on it, which StrokeSeg does not do",)
