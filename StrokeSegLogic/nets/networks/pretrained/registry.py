"""Which ImageNet checkpoints are published where, and the hash that a copy must have.

torchvision's weights (BSD-3-Clause) in their first edition ("IMAGENET1K_V1"), which follows the papers' own training,
and which each network here has. ImageNet itself may be used for research only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

BASE = "https://download.pytorch.org/models"


@dataclass(frozen=True)
class Published:
    """A checkpoint on a server.

    Attributes:
        file: its name there; torchvision's carry the first eight digits of the hash.
        sha256: of its bytes, in hex.
    """

    file: str
    sha256: str

    def url(self, base: str = BASE) -> str:
        return f"{base.rstrip('/')}/{self.file}"


# torchvision publishes eight digits of each hash. The other 56 were found, alike in several public repositories that
# had hashed their own download; a repository is named for each.
PUBLISHED: Mapping[str, Published] = MappingProxyType(
    {
        # isglobal-brge/dsFlowerClient, PUBLIC_INITIALISATION.md
        "resnet18": Published(
            "resnet18-f37072fd.pth", "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec"
        ),
        # dheeraj-7ty/ocean-sentinel, docs/adr/005-resumed-training-infrastructure-qualification.md
        "resnet34": Published(
            "resnet34-b627a593.pth", "b627a593bcbe140c234610266fe4f8ae95ea42fc881d091c9b6052e6b1d0590f"
        ),
        # isglobal-brge/dsFlowerClient, PUBLIC_INITIALISATION.md
        "resnet50": Published(
            "resnet50-0676ba61.pth", "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a"
        ),
        # plai-group/ubc_primitives, primitives/cnn/cnn.py
        "vgg16": Published("vgg16-397923af.pth", "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0"),
        # isglobal-brge/dsFlowerClient, PUBLIC_INITIALISATION.md
        "densenet121": Published(
            "densenet121-a639ec97.pth", "a639ec97d7c33b07ae66f0b5fb7d0192f95a3b11b7576c66c0126c2a727c4395"
        ),
        # plai-group/ubc_primitives, primitives/cnn/cnn.py
        "mobilenet_v2": Published(
            "mobilenet_v2-b0353104.pth", "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889"
        ),
    }
)
