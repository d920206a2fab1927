"""How each metric is called, in what unit, and with how many figures the papers print it."""

from __future__ import annotations

from dataclasses import dataclass

from .scores import METRIC_NAMES


@dataclass(frozen=True)
class Metric:
    """What a table needs to know of a metric.

    Attributes:
        name: field of CaseScores.
        title: for people.
        unit: "" where it has none.
        better: "higher", "lower", or "" where neither is.
        decimals, sd_decimals: as the slow-fusion paper's tables have them: 0.81±0.1, 5.0±1.2; more where nearly all
            voxels are right whatever a model does.
    """

    name: str
    title: str
    unit: str = ""
    better: str = "higher"
    decimals: int = 2
    sd_decimals: int = 1

    @property
    def head(self) -> str:
        arrow = {"higher": " \u2191", "lower": " \u2193"}.get(self.better, "")
        return f"{self.title}{f' ({self.unit})' if self.unit else ''}{arrow}"


METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("dice", "Dice"),
        Metric("jaccard", "Jaccard"),
        Metric("accuracy", "Accuracy", "", "higher", 4, 4),
        Metric("balanced_accuracy", "Balanced accuracy"),
        Metric("precision", "Precision"),
        Metric("recall", "Recall"),
        Metric("specificity", "Specificity", "", "higher", 4, 4),
        Metric("brain_accuracy", "Accuracy in brain", "", "higher", 4, 4),
        Metric("brain_balanced_accuracy", "Balanced accuracy in brain"),
        Metric("brain_specificity", "Specificity in brain", "", "higher", 4, 4),
        Metric("hausdorff_mm", "Hausdorff", "mm", "lower", 1),
        Metric("hausdorff95_mm", "Hausdorff 95 %", "mm", "lower", 1),
        Metric("assd_mm", "ASSD", "mm", "lower", 1),
        Metric("truth_ml", "Reference volume", "ml", "", 1),
        Metric("predicted_ml", "Predicted volume", "ml", "", 1),
        Metric("volume_difference_ml", "\u0394V", "ml", "lower", 1),
        Metric("volume_bias_ml", "Predicted \u2212 reference", "ml", "", 1),
        Metric("lesion_f1_isles22", "Lesion F1 (ISLES'22)"),
        Metric("lesion_f1_isles24", "Lesion F1 (ISLES'24)"),
        Metric("lesion_count_difference", "Lesion count difference", "", "lower", 1),
    )
}
"""In the order of the tables, by name."""

if tuple(METRICS) != METRIC_NAMES:
    raise RuntimeError("the catalog and CaseScores name different metrics")

OVERLAPS = tuple(name for name in METRIC_NAMES[: METRIC_NAMES.index("hausdorff_mm")])
OTHERS = tuple(name for name in METRIC_NAMES if name not in OVERLAPS)
MAIN = ("dice", "hausdorff95_mm", "volume_difference_ml", "lesion_f1_isles22", "lesion_f1_isles24")
# The metrics of the papers' own tables.
SLOW_FUSION = ("dice", "hausdorff_mm", "volume_difference_ml")
THREE_PLANES = ("dice", "jaccard", "accuracy", "balanced_accuracy", "precision", "recall")
UNET3D = ("dice", "jaccard", "precision", "recall")
