"""PixelCNN: images drawn pixel by pixel, with an exact likelihood."""

from gencourse.layers import CausalBlock, MaskedConv2D, raster_mask

from .drawing import draw, draw_naively
from .model import PixelCNN
from .network import PixelNetwork, build_pixelcnn, build_plain_pixelcnn

__all__ = [
    "CausalBlock",
    "MaskedConv2D",
    "PixelCNN",
    "PixelNetwork",
    "build_pixelcnn",
    "build_plain_pixelcnn",
    "draw",
    "draw_naively",
    "raster_mask",
]
