"""Batches made in threads while the network learns from the batch before."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from .examples import Examples, MakeExamples


def prefetch(examples: MakeExamples, numbers: Iterable[int], workers: int) -> Generator[Examples, None, None]:
    """The batches of those numbers in their order; as many as there are threads are made before they are asked for.

    Closing the generator waits for what is being made, and makes no more.
    """
    coming: list[Future[Examples]] = []
    with ThreadPoolExecutor(workers) as threads:
        try:
            for number in numbers:
                coming.append(threads.submit(examples, number))
                if len(coming) > workers:
                    yield coming.pop(0).result()
            while coming:
                yield coming.pop(0).result()
        finally:
            threads.shutdown(cancel_futures=True)
