from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from StrokeSegLogic.base.errors import InputError, OutputError, StrokeSegError
from StrokeSegLogic.base.faults import OutOfMemory, expected, is_out_of_memory


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)),
        RuntimeError("could not create a primitive"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:124] DefaultCPUAllocator: can't allocate memory: you tried"),
        RuntimeError("std::bad_alloc"),
        RuntimeError("Exception thrown in SimpleITK ImageFileReader: Failed to allocate memory for image."),
        RuntimeError("can't start new thread"),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    ],
    ids=lambda error: f"{type(error).__name__} {str(error)[:20]}",
)
def test_a_lack_of_memory_is_told_with_advice_in_whatever_words_it_comes(error: Exception) -> None:
    assert is_out_of_memory(error)
    found = expected(error)
    assert isinstance(found, OutOfMemory)
    assert found.exit_code == 1
    assert found.fix and "Close other programs" in found.fix


def test_libraries_say_a_lack_of_memory_in_words_that_are_known() -> None:
    with pytest.raises(RuntimeError) as of_torch:
        torch.empty(1 << 60, dtype=torch.uint8)
    with pytest.raises(MemoryError) as of_numpy:
        np.empty(1 << 60, np.uint8)
    assert is_out_of_memory(of_torch.value) and is_out_of_memory(of_numpy.value)


def test_an_error_behind_which_a_lack_of_memory_stands_is_one() -> None:
    try:
        try:
            raise MemoryError
        except MemoryError as cause:
            raise ValueError("the image could not be read") from cause
    except ValueError as error:
        assert isinstance(expected(error), OutOfMemory)


def test_errors_in_our_own_words_stay_as_they_are_and_faults_are_none() -> None:
    own = OutputError("cannot be written")
    assert expected(own) is own
    assert expected(ValueError("odd")) is None
    assert expected(RuntimeError("shapes do not match")) is None
    nested = expected(RecursionError("maximum recursion depth exceeded"))
    assert isinstance(nested, StrokeSegError) and "nested" in str(nested)


def test_what_the_system_refuses_is_told_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(OSError) as caught:
        (tmp_path / ("a" * 5000)).exists() or (tmp_path / ("a" * 5000)).stat()
    found = expected(caught.value)
    assert isinstance(found, StrokeSegError) and found.exit_code == 1
    # A path so long is shown by its end.
    assert "aaa: the system refuses it" in str(found) and "too long" in str(found) and len(str(found)) < 500


def test_a_nul_in_a_name_is_told() -> None:
    with pytest.raises(ValueError) as caught:
        Path("a\0b").stat()
    assert isinstance(expected(caught.value), InputError)
