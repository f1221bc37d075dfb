"""How this package compiles: no lock on the interpreter, kept on disk, exact floating point."""

from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function")


def compiled(function: Function) -> Function:
    """Compile without fast mathematics: what is chosen must not depend on the processor."""
    made: Any = njit(cache=True, nogil=True, error_model="numpy")(function)
    result: Function = made
    return result


def compiled_sums(function: Function) -> Function:
    """The same, but sums may be reordered to use vector instructions, and products fused."""
    fast = {"reassoc", "contract", "nsz"}
    made: Any = njit(cache=True, nogil=True, error_model="numpy", fastmath=fast)(function)
    result: Function = made
    return result
