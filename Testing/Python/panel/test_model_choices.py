from __future__ import annotations

from pathlib import Path

import pytest
from StrokeSegExtensionLib.job_files import options_of
from StrokeSegExtensionLib.model_choices import model_choices, route_and_model
from StrokeSegExtensionLib.study import ModelChoice, Settings, StudyInputs

from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.model_file import pack
from StrokeSegLogic.nets.models.registry import DEFAULT
from StrokeSegLogic.nets.models.store import install, store_folder
from StrokeSegLogic.study.case import ClinicalData, Role


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STROKESEG_MODELS", str(tmp_path / "models"))
    return store_folder()


def mri(*roles: Role) -> dict[str, ModelChoice]:
    return {choice.key: choice for choice in model_choices(StudyInputs("mri", {role: role.value for role in roles}))}


def ctp(*roles: Role, nihss: int | None = None) -> dict[str, ModelChoice]:
    volumes = {role: role.value for role in roles}
    return {choice.key: choice for choice in model_choices(StudyInputs("ctp", volumes, ClinicalData(nihss=nihss)))}


def test_the_default_model_comes_first_and_says_what_it_needs_and_has_learned_from() -> None:
    choices = mri()
    first = next(iter(choices.values()))
    assert (first.key, first.fits, first.bundled) == (DEFAULT, False, True)
    assert first.why.startswith("Needs one of DWI")
    assert first.trained_on


def test_a_model_fits_the_sequences_that_it_can_work_with() -> None:
    assert mri(Role.DWI)[DEFAULT].fits
    alone = mri(Role.T1)[DEFAULT]
    assert not alone.fits
    assert "cannot work with T1 alone" in alone.why


def test_routes_fit_the_maps_that_there_are() -> None:
    assert [key for key, choice in ctp().items() if choice.fits] == []
    assert {key for key, choice in ctp(Role.CBF, Role.TMAX).items() if choice.fits} == {"thresholds"}
    all_maps = ctp(Role.CT, Role.CBF, Role.CBV, Role.MTT, Role.TTP, Role.TMAX)
    assert list(all_maps) == ["thresholds", "slow-fusion", "unet3d"]
    assert all(choice.fits for choice in all_maps.values())
    assert all(choice.fits for choice in ctp(Role.CTP).values()), "a series holds them all"


def test_what_can_be_made_of_other_maps_is_not_missing() -> None:
    assert ctp(Role.CBF, Role.CBV, Role.TTP)["slow-fusion"].fits
    assert ctp(Role.CT, Role.CBF, Role.CBV, Role.TMAX)["unet3d"].fits
    missing = ctp(Role.CBF, Role.TTP)["slow-fusion"]
    assert not missing.fits
    assert "CBV" in missing.why


def test_a_model_that_was_installed_stands_beside_the_bundled_models(untrained: Bundle, tmp_path: Path) -> None:
    pack(untrained.folder, tmp_path / "m.zip")
    install(tmp_path / "m.zip")
    choice = mri(Role.DWI)["untrained"]
    assert (choice.fits, choice.bundled, next(iter(mri()))) == (True, False, DEFAULT)


def test_a_damaged_model_is_left_out_and_the_others_stay(store: Path) -> None:
    (store / "broken").mkdir(parents=True)
    (store / "broken" / "model.json").write_text("{")
    assert list(mri(Role.DWI)) == [DEFAULT]


def test_a_choice_becomes_the_options_of_a_job() -> None:
    assert route_and_model("slow-fusion:mine") == ("slow-fusion", "mine")
    assert route_and_model("") == ("", "")
    settings = Settings(model="m", route="unet3d:mine", threshold=0.3, flips=True)
    options = options_of(StudyInputs("ctp"), settings)
    assert (options.route, options.model, options.threshold, options.flips) == ("unet3d", "mine", None, False)
    options = options_of(StudyInputs("mri"), settings)
    assert (options.route, options.model, options.threshold, options.flips) == ("", "m", 0.3, True)
