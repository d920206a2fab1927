"""How much is still done once a run is cancelled, in parts of the work and not in seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
import torch
from cancelling import AfterSome

import StrokeSegLogic
from StrokeSegLogic.base.errors import Cancelled
from StrokeSegLogic.base.files import sha256_of
from StrokeSegLogic.base.progress import CancelToken, Progress, hearing
from StrokeSegLogic.mri.result import Segmentation
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.run.network import choose, lesion_probability
from StrokeSegLogic.outputs.files import html_report
from StrokeSegLogic.phantom.mri import MriPhantom
from StrokeSegLogic.reports.pictures import View
from StrokeSegLogic.study.case import Case, Role
from StrokeSegLogic.study.volumes.nifti import write_nifti


class Counting(torch.nn.Module):
    """A layer that counts how often it works, and cancels at the given time."""

    def __init__(self, counted: list[int], token: CancelToken, at: int) -> None:
        super().__init__()
        self.counted, self.token, self.at = counted, token, at

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.counted.append(len(images))
        if len(self.counted) == self.at:
            self.token.cancel()
        return images


@pytest.mark.parametrize("handed_on", [False, True], ids=["with the token", "as a span of a job"])
def test_a_network_does_not_begin_another_layer(handed_on: bool) -> None:
    counted: list[int] = []
    token = CancelToken()
    network = torch.nn.Sequential(*(Counting(counted, token, 3) for _ in range(6)))
    job = Progress(cancel=token)
    slices = np.ones((8, 2, 16, 16), np.float32)
    with pytest.raises(Cancelled):
        lesion_probability(network, slices, choose("cpu"), Progress(job) if handed_on else job, "axial plane")
    assert len(counted) == 3
    # And the network is as it was: asking leaves nothing behind.
    assert not any(layer._forward_pre_hooks for layer in network.modules())


def test_a_report_draws_no_other_picture(pair_result: Segmentation, monkeypatch: pytest.MonkeyPatch) -> None:
    token, drawn = CancelToken(), []
    of = View.of

    def counted(*arguments: object, **options: object) -> View:
        drawn.append(arguments)
        if len(drawn) == 4:
            token.cancel()
        return of(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(View, "of", counted)
    with hearing(Progress(cancel=token)), pytest.raises(Cancelled):
        html_report(pair_result)
    assert len(drawn) == 4


def test_an_archive_is_given_up_after_megabytes_and_nothing_is_written(tmp_path: Path) -> None:
    image = sitk.GetImageFromArray(np.random.default_rng(0).random((40, 256, 256), np.float32))
    token = AfterSome(3)
    with hearing(Progress(cancel=token)), pytest.raises(Cancelled):
        write_nifti(image, tmp_path / "probability.nii.gz")
    assert token.asked == 4, "of ten megabytes"
    assert not list(tmp_path.iterdir())


def test_a_large_file_is_hashed_in_parts(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(8 << 20))
    token = AfterSome(2)
    with hearing(Progress(cancel=token)), pytest.raises(Cancelled):
        sha256_of(tmp_path / "a")
    assert token.asked == 3


def test_a_run_asks_often_within_every_long_stage(
    phantom: MriPhantom, make_case: Callable[..., Case], untrained: Bundle
) -> None:
    asked: dict[str, int] = {}
    stages = [""]

    class Told(CancelToken):
        @property
        def cancelled(self) -> bool:
            asked[stages[-1]] = asked.get(stages[-1], 0) + 1
            return False

    case = make_case({Role.DWI: phantom.images[Role.DWI]})
    StrokeSegLogic.segment(
        case, model=untrained.folder, device="cpu", cancel=Told(), progress=lambda _, stage: stages.append(stage)
    )
    for stage in ("finding the brain", "laying DWI", "axial plane", "back onto", "vote", "measuring"):
        assert sum(count for name, count in asked.items() if name.startswith(stage)) > 3, stage
