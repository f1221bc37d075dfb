"""Threads of this process: our own for sums over persons, none of BLAS beside them."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache, lru_cache
from threading import Lock
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

Result = TypeVar("Result")

N_THREADS = os.cpu_count() or 1
_lock = Lock()
_limits: list[Any] = []  # the one that limits first, then one None a further holder


def in_threads(work: Callable[[int], Result], n_shares: int) -> list[Result]:
    """``work(0)``, ``work(1)``, ...: the first here, the others in threads; results in order."""
    others = [_pool(os.getpid()).submit(work, share) for share in range(1, n_shares)]
    return [work(0), *(other.result() for other in others)]


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Products here are small: threads of BLAS would mostly wait, and for a busy core wait long.

    Limits may overlap in several threads; the first sets the limit and the last lifts it.
    """
    with _lock:
        if not _limits:
            limit = _controller().limit(limits=1, user_api="blas")
            limit.__enter__()
            _limits.append(limit)
        else:
            _limits.append(None)
    try:
        yield
    finally:
        with _lock:
            last = _limits.pop()
            if last is not None:
                last.__exit__(None, None, None)


@lru_cache(maxsize=1)
def _pool(process: int) -> ThreadPoolExecutor:  # noqa: ARG001 - threads do not survive a fork
    return ThreadPoolExecutor(N_THREADS, thread_name_prefix="calibration")


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
