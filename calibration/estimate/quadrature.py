"""Points and weights that stand for the ability distribution."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.errors import QuadratureError

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Quadrature:
    """A discrete ability distribution.

    Parameters
    ----------
    nodes : array of shape (n_nodes,)
        Strictly ascending abilities, logits, D = 1.
    weights : array of shape (n_nodes,)
        Positive probabilities of the nodes; scaled here to sum to 1.

    Raises
    ------
    QuadratureError
        If the shapes differ, a value is not finite, nodes do not ascend or a weight is not
        positive.
    """

    nodes: FloatArray
    weights: FloatArray

    def __post_init__(self) -> None:
        nodes = np.array(self.nodes, dtype=np.float64)
        weights = np.array(self.weights, dtype=np.float64)
        if nodes.ndim != 1 or nodes.shape != weights.shape or len(nodes) < 3:
            raise QuadratureError(
                "a quadrature needs two one-dimensional arrays of one length, 3 or more; came "
                "nodes "
                f"{nodes.shape} and weights {weights.shape}"
            )
        if not (np.isfinite(nodes).all() and np.isfinite(weights).all()):
            raise QuadratureError("quadrature nodes and weights must be finite numbers")
        if not (np.diff(nodes) > 0).all():
            raise QuadratureError("quadrature nodes must ascend strictly")
        if not (weights > 0).all():
            raise QuadratureError("quadrature weights must be positive")
        weights /= weights.sum()
        nodes.setflags(write=False)
        weights.setflags(write=False)
        object.__setattr__(self, "nodes", nodes)
        object.__setattr__(self, "weights", weights)

    @property
    def spacing(self) -> FloatArray:
        """Distance between neighbours at each node, logits."""
        return np.gradient(self.nodes)


def spaced_nodes(low: float = -6.0, high: float = 6.0, spacing: float = 0.26) -> FloatArray:
    """Equally spaced nodes from ``low`` to ``high``, at most ``spacing`` apart.

    The sum over such nodes is exact to about exp(-2 pi^2 / h^2) for a normal posterior whose SD is
    1 / h spacings: 3e-9 where the spacing is the SD. Their number is a multiple of 8, which is what
    a processor takes at once.

    References
    ----------
    Trefethen & Weideman (2014), doi:10.1137/130932132
    """
    n_nodes = int(np.ceil((high - low) / spacing)) + 1
    return np.linspace(low, high, 8 * -(-n_nodes // 8))


def normal_grid(n_nodes: int = 121, lower: float = -6.0, upper: float = 6.0) -> Quadrature:
    """Equally spaced points with standard normal weights.

    Parameters
    ----------
    n_nodes : int
        Number of points, at least 3.
    lower, upper : float
        First and last point, logits.

    Raises
    ------
    QuadratureError
        If there are fewer than 3 points, or ``lower`` is not below ``upper``.
    """
    if n_nodes < 3 or not lower < upper:
        raise QuadratureError(
            f"a grid needs 3 points or more and lower < upper; came {n_nodes} on [{lower}, {upper}]"
        )
    nodes = np.linspace(lower, upper, n_nodes)
    return Quadrature(nodes, np.exp(-0.5 * nodes**2))
