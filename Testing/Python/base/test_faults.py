from __future__ import annotations

import errno
import os
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch

from StrokeSegLogic.base.errors import (
    Cancelled,
    InputError,
    OutOfMemory,
    OutputError,
    StrokeSegError,
    expected,
    is_out_of_memory,
    within_memory,
)


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
        SystemError("error return without exception set"),
        ImportError("libtorch_cpu.so: failed to map segment from shared object"),
        zlib.error("Error -4 while decompressing data: insufficient memory"),
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


def test_an_error_behind_which_a_lack_of_memory_stands_is_a_lack_of_memory() -> None:
    try:
        try:
            raise MemoryError
        except MemoryError as cause:
            raise ValueError("the image could not be read") from cause
    except ValueError as error:
        assert isinstance(expected(error), OutOfMemory)


@pytest.mark.parametrize(
    "cause",
    [
        MemoryError(),
        OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)),
        RuntimeError("ITK ERROR: Failed to allocate memory for image."),
        zlib.error("Error -4 while decompressing data"),
    ],
    ids=lambda cause: type(cause).__name__,
)
def test_a_file_that_memory_was_lacking_for_is_not_called_damaged(cause: Exception) -> None:
    with pytest.raises(OutOfMemory) as caught, within_memory("DWI.nii.gz"), within_memory("the study"):
        try:
            raise cause
        except Exception as error:
            raise InputError("is not an intact file", where="DWI.nii.gz") from error
    # The inner place is the nearer.
    assert str(caught.value).startswith("the study: needs more memory than there is. Close other programs")


@pytest.mark.parametrize("error", [InputError("is damaged"), Cancelled(), ValueError("odd")])
def test_what_has_nothing_to_do_with_memory_goes_on_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, within_memory("DWI.nii.gz"):
        try:
            raise MemoryError
        except MemoryError:
            # Said to have another reason.
            raise error from None
    assert caught.value is error


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
