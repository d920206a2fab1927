from __future__ import annotations

import numpy as np
import pytest

from StrokeSegLogic.result.lesions import Lesion, Places
from StrokeSegLogic.space.grid import Grid

GRID = Grid((8, 6, 4), (2.0, 3.0, 5.0), (10.0, -20.0, 30.0), (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0))


def test_a_slice_is_shown_at_the_middle_of_its_doubt() -> None:
    doubt = np.zeros((6, 8), np.float32)
    doubt[1, 2] = doubt[3, 6] = 0.5
    found = Places.of({2: doubt}, [Lesion(1.5, (1.0, 2.0, 3.0), 0.9)], GRID)
    assert found.slices[0].point_mm == pytest.approx((10 + 4 * 2, -20 + 2 * 3, 30 + 2 * 5))
    assert found.as_dict() == {
        "slices": [{"index": 2, "point_lps_mm": [18.0, -14.0, 40.0]}],
        "lesions": [{"volume_ml": 1.5, "point_lps_mm": [1.0, 2.0, 3.0]}],
    }


def test_without_doubt_and_lesion_there_is_no_place() -> None:
    assert Places.of({}, (), GRID).as_dict() == {"slices": [], "lesions": []}
