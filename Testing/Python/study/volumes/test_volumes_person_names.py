"""Names of patients as DICOM writes them: spelling makes no two people, family or given name do."""

from __future__ import annotations

import pytest

from StrokeSegLogic.study.volumes.person_names import of_two_people, share_a_word


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("mueller^anna", "mueller^bernd"),
        ("mueller^anna", "schmidt^anna"),
        ("li^wei", "li^na"),
        ("patient^01", "patient^02"),
        ("sub 01", "sub 02"),
        ("anna mueller", "anna schmidt"),
        ("山田^太郎", "山田^花子"),
        ("yamada^taro=山田^太郎", "suzuki^taro=鈴木^太郎"),
    ],
)
def test_two_people_are_told_apart_either_way(first, other):
    assert of_two_people(first, other) and of_two_people(other, first)


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("mueller^anna", "müller^anna"),
        ("mueller^anna", "anna mueller"),
        ("mueller^anna", "mueller^anna^maria"),
        ("mueller^anna", "mueller^a"),
        ("mueller^anna", "mueller"),
        ("o'brien^mary", "obrien^mary"),
        ("meier-schulze^eva", "meier^eva"),
        ("van der berg^jan", "vanderberg^jan"),
        ("yamada^taro", "yamada^taro=山田^太郎"),
        ("yamada^taro", "山田^太郎"),
        ("katharina^meyer", "katarina^meyer"),
        ("mueller^anna", ""),
    ],
)
def test_one_person_however_written_is_one(first, other):
    assert not of_two_people(first, other) and not of_two_people(other, first)
    assert share_a_word(first, other) == share_a_word(other, first)
