from __future__ import annotations

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
