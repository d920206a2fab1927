from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from StrokeSegLogic.base.errors import ModelError
from StrokeSegLogic.nets.models.bundle import WEIGHTS, Bundle, require_fitting_weights, verify
from StrokeSegLogic.nets.models.quantisation import dequantised, quantised

numbers = st.floats(-1e3, 1e3, width=32, allow_subnormal=False)


@given(arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 3)), elements=numbers))
def test_no_weight_moves_by_more_than_half_a_step_of_its_channel(value: np.ndarray) -> None:
    whole, scale = quantised(value)
    back = dequantised({"kernel": whole, "kernel.scale": scale})["kernel"]
    step = np.abs(value).reshape(len(value), -1).max(axis=1) / 127
    assert back.shape == value.shape and back.dtype == np.float32
    assert (np.abs(back - value) <= 0.501 * step[:, None, None] + 1e-6).all()


def test_a_kernel_of_no_numbers_is_refused() -> None:
    with pytest.raises(ValueError, match="no numbers"):
        quantised(np.array([[np.nan, 1.0]]))


@pytest.fixture(scope="module")
def small(untrained: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return Bundle.write(tmp_path_factory.mktemp("int8"), untrained.spec, untrained.load(), int8=True)


def test_a_model_in_int8_is_half_as_large_and_loads_with_nearly_the_same_weights(
    untrained: Bundle, small: Bundle
) -> None:
    before, after = ((bundle.folder / WEIGHTS).stat().st_size for bundle in (untrained, small))
    assert after < 0.65 * before
    verify(small.folder)
    found, wanted = small.load(), untrained.load()
    for member, parameters in wanted.items():
        assert found[member].keys() == parameters.keys()
        for name, value in parameters.items():
            reach = np.abs(value.astype(np.float64)).max(initial=0)
            np.testing.assert_allclose(found[member][name], value, atol=reach / 127 + 1e-9, err_msg=name)


def test_a_model_is_written_the_same_way_twice(untrained: Bundle, small: Bundle, tmp_path: Path) -> None:
    again = Bundle.write(tmp_path, untrained.spec, untrained.load(), int8=True)
    assert again.spec.weights == small.spec.weights


def test_kernels_without_their_scales_are_refused(small: Bundle, tmp_path: Path) -> None:
    from safetensors.numpy import load, save

    tensors = load((small.folder / WEIGHTS).read_bytes())
    gone = next(name for name in sorted(tensors) if name.endswith(".scale"))
    del tensors[gone]
    (tmp_path / WEIGHTS).write_bytes(save(tensors))
    with pytest.raises(ModelError, match=f"there is no {gone}"):
        require_fitting_weights(Bundle(tmp_path, small.spec))
