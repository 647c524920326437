"""Blocks that two or more families use."""

from .attending import rotate, unbiased_dense
from .blocks import UPSAMPLINGS, DepthToSpace, SpaceToDepth, dense_stack, upsample
from .masked import MASK_KINDS, CausalBlock, MaskedConv2D, raster_mask
from .recurrent import GRU, LSTM, SimpleRNN

__all__ = [
    "GRU",
    "LSTM",
    "MASK_KINDS",
    "UPSAMPLINGS",
    "CausalBlock",
    "DepthToSpace",
    "MaskedConv2D",
    "SimpleRNN",
    "SpaceToDepth",
    "dense_stack",
    "raster_mask",
    "rotate",
    "unbiased_dense",
    "upsample",
]
