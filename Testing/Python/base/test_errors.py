from __future__ import annotations

import pytest

from StrokeSegLogic.base.errors import Cancelled, DeviceError, InputError


def test_a_message_says_what_where_and_what_to_do_in_one_line() -> None:
    error = InputError("is no NIfTI file\n  (bad magic)", where="a.nii.gz", fix="Export it again.")
    assert str(error) == "a.nii.gz: is no NIfTI file (bad magic). Export it again."


def test_an_option_that_is_wrong_stands_in_front_in_the_words_of_who_shows_it() -> None:
    error = InputError("'tpu' is no device", option="device", fix="Use cpu")
    assert str(error) == "device: 'tpu' is no device. Use cpu."
    assert error.said("--{}".format) == "--device: 'tpu' is no device. Use cpu."


def test_an_option_that_helps_stands_with_what_to_do() -> None:
    error = DeviceError("has too little memory", where="cuda:0", option="device", fix="Use cpu.")
    assert error.said("--{}".format) == "cuda:0: has too little memory. Use cpu (--device)."
    bare = DeviceError("has too little memory", where="cuda:0", option="device")
    assert bare.said("--{}".format) == "cuda:0: has too little memory. See --device."


def test_an_error_names_the_inputs_that_it_is_about() -> None:
    assert InputError("are of two grids", roles=["adc", "dwi"]).roles == ("adc", "dwi")


def test_cancelling_has_its_own_exit_code() -> None:
    assert (InputError("x").exit_code, Cancelled().exit_code) == (1, 3)


@pytest.mark.parametrize(
    "values",
    [
        {"what": "x" * 10_000_000},
        {"what": "a value", "where": "/very" * 100_000 + "/far.nii.gz", "fix": "Choose another " * 10_000},
        {"what": "line\n" * 1_000, "where": "line\n" * 1_000, "fix": "\0" * 1_000},
        {"what": "\udcff" * 400, "where": "\x1b[31m" * 100},
    ],
)
def test_whatever_a_name_or_value_brings_in_a_message_is_one_line_under_500_characters(values: dict[str, str]) -> None:
    said = str(InputError(**values))
    assert len(said) < 500
    assert said.isprintable()


def test_of_a_long_message_a_paths_end_and_a_lists_beginning_are_kept() -> None:
    said = str(InputError("names no case: " + "case, " * 200, where="/data" * 100 + "/far.csv", fix="Add them"))
    assert "/far.csv: names no case: case" in said
    assert said.endswith("…. Add them.")


def test_what_no_terminal_can_show_is_spelled_out() -> None:
    assert str(InputError("cannot be read", where="a\0b\udcff\x1b")) == "a\\x00b\\xff\\x1b: cannot be read."
