"""A Dask scheduler to talk to: somebody's, by its address, or one of our own with workers on this computer."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..base.errors import InputError
from ..base.locks import scratch_folder
from .worker_process import work_in_worker

PATIENCE_S = 300.0
"""How long a scheduler may be without any worker."""
_ANSWER_S = 10.0
"""How long a scheduler may take to answer."""


@contextmanager
def dask_client(scheduler: str | None, workers: int) -> Iterator[Any]:
    """A client of an existing scheduler, or of a cluster of our own that ends with the block.

    Raises:
        InputError: if no scheduler answers.
    """
    from distributed import Client

    if scheduler is None:
        with _local_cluster(workers) as cluster, Client(cluster) as client:
            yield client
        return
    try:
        client = Client(scheduler, timeout=_ANSWER_S)
    except (OSError, ValueError) as error:
        raise InputError(
            f"no scheduler answers ({error})",
            where=scheduler,
            option="scheduler",
            fix="Check the address, tcp://HOST:PORT as the scheduler says it at its start",
        ) from error
    with client:
        yield client


@contextmanager
def _local_cluster(workers: int) -> Iterator[Any]:
    """Processes on this computer, one case each. Only whoever has the certificate that is made for this cluster can
    talk to it: other users of the computer cannot."""
    import logging

    import dask
    from distributed import LocalCluster
    from distributed.security import Security

    threads = str(max(1, (os.cpu_count() or 1) // workers))
    shares = {
        f"distributed.nanny.pre-spawn-environ.{name}": os.environ.get(name, threads)
        for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS")
    }
    # On a busy computer a worker may be slow to begin, or to come back, and silent for long within a filter.
    patient = {
        "distributed.comm.timeouts.connect": f"{PATIENCE_S:g}s",
        "distributed.deploy.lost-worker-timeout": f"{PATIENCE_S:g}s",
        "distributed.scheduler.worker-ttl": None,
        "distributed.worker.daemon": True,
    }
    # Dask's own folder for workers would stay among the system's temporary files.
    with scratch_folder() as place, dask.config.set({**shares, **patient, "temporary-directory": str(place)}):
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            memory_limit=0,
            silence_logs=logging.CRITICAL,
            security=Security.temporary(),
            preload=[work_in_worker.__module__],
        )
        with cluster:
            yield cluster
