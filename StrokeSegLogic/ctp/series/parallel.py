"""Work on many small parts at once, with cancellation between them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ...base.progress import Progress


def in_parallel(work: Callable[[int], None], starts: range, on_cpu: bool, message: str, progress: Progress) -> None:
    """Calls `work` with each start, on as many threads as torch may use, each of them with torch on one thread.

    Torch's own threads wait for one another after each small product, and for long where other programs run. On
    another device one thread hands out all work.
    """
    import torch

    workers = torch.get_num_threads() if on_cpu else 1
    pool = ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,))
    try:
        waiting = [pool.submit(work, start) for start in starts]
        for number, future in enumerate(waiting):
            progress(number / len(waiting), message)
            future.result()
    finally:
        pool.shutdown(cancel_futures=True)
