"""Fixtures that many tests share: small cases whose truth is known, and a model that is quick to run."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cases import case_of
from hypothesis import settings
from network_guard import loopback

from StrokeSegLogic.base.settings import PLANES
from StrokeSegLogic.nets.models.bundle import Bundle
from StrokeSegLogic.nets.models.spec import FORMAT, PlanesModelSpec, Weights
from StrokeSegLogic.nets.networks.spec import UNet2DSpec
from StrokeSegLogic.phantom.mri import MriPhantom, mri_phantom
from StrokeSegLogic.phantom.scan_grids import centred_grid
from StrokeSegLogic.study.case import MRI_ROLES, Case, Role

if TYPE_CHECKING:
    from small import Trained

    from StrokeSegLogic.mri.result import Segmentation
    from StrokeSegLogic.training.datasets.subject import DataSet

# A busy machine is no failure, and a failure must be the same on every machine.
settings.register_profile("quick", deadline=None, derandomize=True, max_examples=25)
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=100)
settings.load_profile("quick")


COHORT, DATASETS = "training/cohort", "training/datasets"
IN_ONE_PROCESS = {f"{COHORT}/": COHORT, "cli/test_train_command.py": COHORT, f"{DATASETS}/": DATASETS}
"""Tests that share what is dear to make, by how their files begin: none of it is made in two processes."""
DEAREST = (
    COHORT,
    DATASETS,
    "brain/test_head.py",
    "mri/test_brain_mask.py",
    "ctp/series/test_maps.py",
    "test_mri_walk.py",
    "worker/test_worker.py",
    "cli/test_cli.py",
    "mri/test_alignment.py",
)
"""Begun first: a long file that comes last has one process work while the other waits."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """As `--dist loadfile`, but for `IN_ONE_PROCESS` and `DEAREST`."""
    from xdist.scheduler import LoadFileScheduling

    class ByFileOrFolder(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid).removeprefix("Testing/Python/")
            return next((shared for begin, shared in IN_ONE_PROCESS.items() if file.startswith(begin)), file)

        def _assign_work_unit(self, node: Any) -> None:
            dear = next((scope for scope in DEAREST if scope in self.workqueue), None)
            if dear is not None:
                self.workqueue.move_to_end(dear, last=False)
            super()._assign_work_unit(node)

    return ByFileOrFolder(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of a test that is marked `quick(n)` the parameters after the first n are slow tests."""
    seen = Counter[str]()
    for item in items:
        mark = item.get_closest_marker("quick")
        if mark is not None:
            function = item.nodeid.partition("[")[0]
            seen[function] += not item.get_closest_marker("slow")
            if seen[function] > mark.args[0]:
                item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What the tests import stays to the end: it is not searched for garbage over and over."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


CPU_MINUTES = 10
"""That the quick tests may take in all, on all processors together."""
_worker_seconds: list[float] = []


def cpu_seconds(with_children: bool) -> float:
    """Of this process, and of those that it has started and seen end."""
    times = os.times()
    return times.user + times.system + with_children * (times.children_user + times.children_system)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["cpu_seconds"] = cpu_seconds(with_children=True)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    _worker_seconds.append(getattr(node, "workeroutput", {}).get("cpu_seconds", 0.0))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    # The workers are children of this process: counted by what they say, and not twice.
    minutes = (cpu_seconds(with_children=not _worker_seconds) + sum(_worker_seconds)) / 60
    terminalreporter.write_line(f"{minutes:.1f} CPU minutes in all; `make test` may take {CPU_MINUTES}")


@pytest.fixture(scope="session", autouse=True)
def attempts_to_leave(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file in which attempts to reach beyond loopback are recorded, by tests and by the processes they start."""
    if loopback.RECORD not in os.environ:
        loopback.install(tmp_path_factory.mktemp("network") / "attempts")
    return Path(os.environ[loopback.RECORD])


@pytest.fixture(autouse=True)
def stays_on_this_machine(attempts_to_leave: Path) -> Iterator[None]:
    """Fails a test in which somebody wanted to leave the machine, whatever became of the exception."""
    yield
    if attempts_to_leave.exists():
        found = attempts_to_leave.read_text(encoding="utf-8")
        attempts_to_leave.unlink()
        pytest.fail(f"the test reached beyond loopback: {found}")


@pytest.fixture(scope="session", autouse=True)
def networks_kept() -> Iterator[None]:
    """The bundled networks are read once by each process of tests, not at every run.

    Models that tests make are read each time: of some a test damages the weights, and that must be noticed.
    """
    from StrokeSegLogic.nets.models.bundle import manifest_text
    from StrokeSegLogic.nets.models.registry import KeptNetworks, bundled_names, find, keeping

    bundled = {manifest_text(find(name).spec) for name in bundled_names()}

    class Bundled(KeptNetworks):
        def get(self, manifest: str, device: str, load: Callable[[], Any]) -> Any:
            return super().get(manifest, device, load) if manifest in bundled else load()

    with keeping(Bundled(most=len(bundled))):
        yield


@pytest.fixture(scope="session")
def phantom() -> MriPhantom:
    """A phantom patient with an infarct, in voxels larger than a scanner's and little air; not to be changed."""
    structural = centred_grid((2.0, 2.0, 5.0), (168, 208, 160), (-6, 1.5, -2), (0, 15, 8))
    diffusion = centred_grid((2.5, 2.5, 4.5), (170, 210, 150), (4, -2, 3), (2, 18, 10))
    return mri_phantom(3, structural=structural, diffusion_weighted=diffusion)


@pytest.fixture(scope="session")
def make_case() -> Callable[..., Case]:
    return case_of


@pytest.fixture(scope="session")
def phantom_case(phantom: MriPhantom) -> Case:
    return case_of(phantom.images, "phantom")


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A whole model with random weights: for what does not depend on how good it is."""
    import torch

    from StrokeSegLogic.nets.networks.build import build

    torch.manual_seed(1)
    network = UNet2DSpec("compact", len(MRI_ROLES), 2, (128, 64, 32, 16))
    spec = PlanesModelSpec(
        format=FORMAT,
        name="untrained",
        version="0",
        title="random weights",
        trained_on="nothing",
        inputs=tuple(role.value for role in MRI_ROLES),
        needs_one_of=("DWI", "FLAIR", "ADC", "T2"),
        tested_with_one_of=("DWI", "FLAIR"),
        network=network,
        spacing_mm=4.0,
        threshold=0.5,
        plane_weights=dict.fromkeys(PLANES, 1.0),
        weights=Weights("weights.safetensors", "0" * 64),
        card={},
    )
    # One network for all planes: three random networks would never agree.
    state = {name: value.numpy() for name, value in build(network).state_dict().items()}
    return Bundle.write(tmp_path_factory.mktemp("models") / "untrained", spec, dict.fromkeys(PLANES, state))


@pytest.fixture(scope="session")
def pair_case(phantom: MriPhantom) -> Case:
    """The phantom's DWI and FLAIR."""
    return case_of({role: phantom.images[role] for role in (Role.DWI, Role.FLAIR)})


@pytest.fixture(scope="session")
def pair_result(pair_case: Case, untrained: Bundle) -> Segmentation:
    """What the model with random weights makes of `pair_case`; not to be changed."""
    from StrokeSegLogic.mri.engine import segment

    return segment(pair_case, model=untrained.folder, device="cpu")


@pytest.fixture(scope="session")
def data_sets(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, DataSet]:
    """A small data set by layout, written when it is first asked for; not to be changed."""
    from small import Written

    return Written(tmp_path_factory.mktemp("data-sets"))


@pytest.fixture(scope="session")
def fusion(data_sets: Mapping[str, DataSet], tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """One network on a field, slow fusion."""
    from small import FUSION, FUSION_CHANGES, changed_recipe, trained

    recipe = changed_recipe(FUSION, *FUSION_CHANGES)
    return trained(recipe, data_sets["ctp_folder"], tmp_path_factory.mktemp("fusion") / "run")
