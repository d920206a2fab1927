from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from StrokeSegLogic.result.map_origins import MapOrigin, origins_words, parted
from StrokeSegLogic.study.case import MAP_ROLES, Role

ORIGINS = st.builds(MapOrigin, st.sampled_from(MAP_ROLES), st.booleans(), st.text(max_size=20))


@given(ORIGINS)
def test_a_record_brings_the_origin_back(origin: MapOrigin) -> None:
    assert MapOrigin.parse(str(origin.role), origin.record()) == origin


@given(st.lists(ORIGINS))
def test_each_map_is_either_given_or_computed(origins: list[MapOrigin]) -> None:
    made, taken = [], []
    for origin in origins:
        (made if origin.computed else taken).append(origin.role)
    assert parted(origins) == (tuple(taken), tuple(made))


def test_the_words_name_maps_only_where_there_are_both_kinds() -> None:
    flow, volume = MapOrigin(Role.CBF, False, "cbf.nii.gz"), MapOrigin(Role.CBV, True, "ctp.nii.gz")
    assert origins_words([flow]) == "given"
    assert origins_words([volume]) == "computed from the 4-D series"
    assert origins_words([flow, volume]) == "given: CBF; computed from the 4-D series: CBV"
    assert (flow.words, volume.words) == ("given: cbf.nii.gz", "computed from ctp.nii.gz")
    assert MapOrigin(Role.CBF, False).words == "given"
