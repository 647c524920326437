"""Blocks that two or more families use."""

from .attending import rotate, unbiased_dense
from .blocks import UPSAMPLINGS, DepthToSpace, SpaceToDepth, dense_stack, upsample
from .recurrent import GRU, LSTM, SimpleRNN

__all__ = [
    "GRU",
    "LSTM",
    "UPSAMPLINGS",
    "DepthToSpace",
    "SimpleRNN",
    "SpaceToDepth",
    "dense_stack",
    "rotate",
    "unbiased_dense",
    "upsample",
]
