"""What cases are called in a BIDS data set."""

from __future__ import annotations

import pytest

from StrokeSegLogic.review.bids import BidsCase


@pytest.mark.parametrize(
    ("name", "patient", "prefix"),
    [
        ("sub-01_ses-2", "", "sub-01_ses-2"),
        ("sub-01", "sub-01", "sub-01"),
        ("sub-01", "01", "sub-01"),
        ("Case 7", "", "sub-Case7"),
        ("visit 1", "P 1", "sub-P1_ses-visit1"),
        ("sub-03_ses-1", "P1", "sub-P1_ses-031"),
    ],
)
def test_a_patient_is_the_subject(name: str, patient: str, prefix: str) -> None:
    assert BidsCase.of(name, patient).prefix == prefix


def test_a_name_without_letters_that_bids_takes_gets_digits_of_its_hash() -> None:
    first, second = BidsCase.of("\u5de6"), BidsCase.of("\u53f3")
    assert first.subject.isalnum() and first != second
