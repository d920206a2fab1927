from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.nets.networks.build import build
from StrokeSegLogic.nets.networks.spec import SubvoxelUNet3DSpec
from StrokeSegLogic.nets.networks.unet import to_blocks, to_voxels

SMALL = SubvoxelUNet3DSpec(1, 2, (4, 6, 8))


@given(factor=st.integers(1, 4), channels=st.integers(1, 3), blocks=st.tuples(*[st.integers(1, 4)] * 3))
def test_voxels_come_back_from_their_blocks(factor: int, channels: int, blocks: tuple[int, int, int]) -> None:
    volume = torch.randn(2, channels, *(side * factor for side in blocks))
    inside = to_blocks(volume, factor)
    assert inside.shape == (2, channels * factor**3, *blocks)
    assert torch.equal(to_voxels(inside, factor), volume)


def test_a_blocks_channels_are_its_voxels_in_order() -> None:
    volume = torch.arange(64.0).reshape(1, 1, 4, 4, 4)
    expected = [volume[0, 0, z, 2 + y, x].item() for z in (0, 1) for y in (0, 1) for x in (0, 1)]
    assert to_blocks(volume, 2)[0, :, 0, 1, 0].tolist() == expected


@pytest.mark.parametrize("size", [(16, 16, 16), (9, 13, 17), (16, 24, 40)])
def test_any_size_comes_back_in_its_size(size: tuple[int, int, int]) -> None:
    logits = build(SMALL).eval()(torch.randn(1, 1, *size))
    assert logits.shape == (1, 2, *size)


def test_each_voxel_of_a_block_has_an_answer_of_its_own() -> None:
    torch.manual_seed(0)
    logits = build(SMALL).eval()(torch.randn(1, 1, 16, 16, 16))
    block = logits[0, 1, 8:10, 8:10, 8:10].flatten()
    assert len(set(block.tolist())) == 8


@pytest.mark.slow
def test_it_learns_an_outline_finer_than_its_blocks() -> None:
    torch.manual_seed(0)
    network = build(SubvoxelUNet3DSpec(1, 2, (16, 16)))
    volume = torch.zeros(1, 1, 16, 16, 16)
    # An odd edge lies in the middle of a block.
    volume[..., 3:12, 5:11, 5:13] = 1
    optimiser = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(150):
        loss = torch.nn.functional.cross_entropy(network(volume), volume[:, 0].long())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    wrong = (network(volume).argmax(1)[0] != volume[0, 0].long()).sum()
    blocks = torch.nn.functional.interpolate(torch.nn.functional.avg_pool3d(volume, 2), scale_factor=2.0).round()
    assert wrong < 0.1 * (blocks != volume).sum()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"widths": (4,)}, "two to"),
        ({"widths": (4, 0)}, "from 1 to"),
        ({"factor": 1}, "factor 1"),
        ({"classes": 1}, "two classes"),
        ({"kind": "unet3d"}, "where 'subvoxel_unet3d' belongs"),
    ],
)
def test_what_no_network_can_be_made_of_is_refused(values: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SubvoxelUNet3DSpec(**{"channels": 1, "classes": 2, "widths": (4, 6), **values})
