from __future__ import annotations

import torch
from torch.nn import functional
from torchvision_names import generated, without_classifier

from StrokeSegLogic.nets.networks.encoders.densenet import DenseNet121


def test_features_are_those_of_the_papers_network_written_out() -> None:
    seed = 3
    state = without_classifier(generated("densenet121", seed))
    encoder = DenseNet121(3).eval()
    encoder.load_state_dict(state)
    image = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(seed))

    def active(x: torch.Tensor, name: str) -> torch.Tensor:
        parts = (state[f"features.{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias"))
        return functional.batch_norm(x, *parts).relu()

    def convolved(x: torch.Tensor, name: str, **options: int) -> torch.Tensor:
        return functional.conv2d(x, state[f"features.{name}.weight"], **options)

    x = active(convolved(image, "conv0", stride=2, padding=3), "norm0")
    expected = [x]
    x = functional.max_pool2d(x, 3, 2, 1)
    for block, layers in enumerate((6, 12, 24, 16), start=1):
        for layer in range(1, layers + 1):
            at = f"denseblock{block}.denselayer{layer}"
            y = convolved(active(x, f"{at}.norm1"), f"{at}.conv1")
            x = torch.cat([x, convolved(active(y, f"{at}.norm2"), f"{at}.conv2", padding=1)], dim=1)
        if block < 4:
            x = active(x, f"transition{block}.norm")
            expected.append(x)
            x = functional.avg_pool2d(convolved(x, f"transition{block}.conv"), 2)
    expected.append(active(x, "norm5"))
    with torch.inference_mode():
        found = encoder(image)
    assert len(found) == 5
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_it_has_the_121_layers_of_its_name() -> None:
    # The 121st is the classifier.
    assert sum(value.ndim == 4 for value in DenseNet121(3).state_dict().values()) == 120


def test_the_units_are_the_first_convolution_the_dense_layers_and_the_transitions() -> None:
    assert len(DenseNet121(3).units()) == 1 + (6 + 12 + 24 + 16) + 3
