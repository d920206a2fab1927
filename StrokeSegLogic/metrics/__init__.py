"""How well a mask agrees with another: by voxels, by surfaces in mm, by lesions.

Where a mask is empty each metric follows one rule: overlaps (Dice, Jaccard, lesion-wise F1) are 1 where both masks are
empty and 0 where one is, as in the scorers of ISLES'22 and ISLES'24; every other ratio is NaN where its denominator is
zero; a distance is NaN unless both masks have a surface. NaN is never a number in a mean: tables count it apart.

| metric                                | both empty | prediction empty | truth empty |
| ------------------------------------- | ---------- | ---------------- | ----------- |
| Dice, Jaccard, lesion-wise F1         | 1          | 0                | 0           |
| precision                             | NaN        | NaN              | 0           |
| recall (sensitivity)                  | NaN        | 0                | NaN         |
| specificity                           | 1          | 1                | TN / N      |
| accuracy                              | 1          | TN / N           | TN / N      |
| balanced accuracy                     | NaN        | 1/2              | NaN         |
| Hausdorff, its 95th percentile, ASSD  | NaN        | NaN              | NaN         |
| volume difference, predicted - truth  | 0          | -truth           | predicted   |
| lesion count difference               | 0          | truth's count    | prediction's count |

TN and N are counted in the domain: the whole volume, or a brain mask. Where the domain is all lesion in truth,
specificity and balanced accuracy are NaN.
"""

from .lesions import LesionScores, Variant, lesion_scores
from .surface import SurfaceDistances, surface_distances
from .voxel import Overlap, dice, overlap

__all__ = [
    "LesionScores",
    "Overlap",
    "SurfaceDistances",
    "Variant",
    "dice",
    "lesion_scores",
    "overlap",
    "surface_distances",
]
