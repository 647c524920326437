"""What every model shares: the tape step, finite checks, the running average, and state that can be resumed."""

from .batches import token_pairs
from .model import TapeModel
from .step import NonFiniteError, RunningMeans, apply_gradients, update_average

__all__ = ["NonFiniteError", "RunningMeans", "TapeModel", "apply_gradients", "token_pairs", "update_average"]
