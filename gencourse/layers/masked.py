"""Masked convolutions: each output sees only pixels that come before its own, line by line and left to right."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

MASK_KINDS = ("A", "B", "above", "rows")


def raster_mask(kernel_size, kind: str) -> np.ndarray:
    """The mask of a kernel: 1 where a weight may stay, 0 where it would see too much.

    Args:
        kernel_size: (rows, columns), both odd, so that there is a centre.
        kind: "A" keeps the pixels before the centre: the rows above, and what is left of it in its own row. "B" keeps
            the centre as well. "above" keeps the rows above only; "rows" keeps them and the centre's whole row.

    Returns:
        float32 (rows, columns).

    Raises:
        ValueError: for another kind, even sizes, or a mask that keeps nothing.

    Reference:
        Van den Oord, Kalchbrenner and Kavukcuoglu, "Pixel Recurrent Neural Networks", 2016 (A and B).
    """
    if kind not in MASK_KINDS:
        raise ValueError(f"`kind` must be one of {MASK_KINDS}. Received: {kind!r}.")
    height, width = kernel_size
    if height < 1 or width < 1 or height % 2 == 0 or width % 2 == 0:
        raise ValueError(f"A kernel with a centre has odd sides. Received: kernel_size={tuple(kernel_size)}.")
    mask = np.zeros((height, width), "float32")
    mask[: height // 2] = 1.0
    if kind == "rows":
        mask[height // 2] = 1.0
    elif kind != "above":
        mask[height // 2, : width // 2 + (kind == "B")] = 1.0
    if not mask.any():
        raise ValueError(f"A mask of kind {kind!r} leaves nothing of a kernel of {height} × {width}.")
    return mask


@keras.saving.register_keras_serializable(package="gencourse")
class MaskedConv2D(layers.Layer):
    """A convolution whose kernel is multiplied by a mask; the map keeps its size.

    Rows and columns of the kernel that the mask empties altogether are not computed.

    Args:
        filters: channels that come out.
        kernel_size: a number, or (rows, columns), odd.
        kind: of the mask, see `raster_mask`. "A" is for the first layer, which sees pixels, and must not see its own;
            "B" for later layers, whose own place already knows only the pixels before it.
        use_bias: whether a bias is added.
        kernel_initializer: of the kernel.

    Attributes:
        mask: float32 (rows, columns).
        kept_size: (rows, columns) of the kernel that are computed.
    """

    def __init__(self, filters: int, kernel_size, kind: str = "B", *, use_bias=True, kernel_initializer=None, **kwargs):
        super().__init__(**kwargs)
        if filters < 1:
            raise ValueError(f"`filters` must be at least 1. Received: {filters}.")
        self.filters, self.kind, self.use_bias = filters, kind, use_bias
        self.kernel_size = (kernel_size,) * 2 if isinstance(kernel_size, int) else tuple(kernel_size)
        self.mask = raster_mask(self.kernel_size, kind)
        self.kernel_initializer = keras.initializers.get(kernel_initializer or "glorot_uniform")
        kept_rows, kept_columns = (np.flatnonzero(self.mask.any(axis=other)).max() + 1 for other in (1, 0))
        self._kept = self.mask[:kept_rows, :kept_columns]
        self.kept_size = (int(kept_rows), int(kept_columns))
        #: rows above and columns to the left that an output sees
        self.up, self.left = (side // 2 for side in self.kernel_size)
        # How far the kept kernel reaches below and to the right of the centre: -1 where not even the centre is left.
        self._down, self._right = kept_rows - 1 - self.up, kept_columns - 1 - self.left

    def build(self, input_shape):
        shape = (*self._kept.shape, input_shape[-1], self.filters)
        self.kernel = self.add_weight(shape, self.kernel_initializer, name="kernel")
        self.bias = self.add_weight((self.filters,), "zeros", name="bias") if self.use_bias else None

    def call(self, x):
        """The whole map: (B, H, W, C) -> (B, H, W, filters)."""
        return self._convolve(x, (self.up, self._down), (self.left, self._right))

    def read_row(self, rows):
        """One row of the output, from the rows under the kept kernel: (B, rows, W, C) -> (B, 1, W, filters)."""
        return self._convolve(rows, (0, 0), (self.left, self._right))

    def read_pixel(self, patch):
        """One place of the output, from the patch under the kept kernel -> (B, 1, 1, F)."""
        return self._convolve(patch, (0, 0), (0, 0))

    def _convolve(self, x, rows, columns):
        x = x[:, : -1 if rows[1] < 0 else None, : -1 if columns[1] < 0 else None]
        around = [[0, 0], [rows[0], max(rows[1], 0)], [columns[0], max(columns[1], 0)], [0, 0]]
        kernel = tf.convert_to_tensor(self.kernel)
        if not self._kept.all():
            kernel = kernel * tf.constant(self._kept[:, :, None, None], kernel.dtype)
        x = tf.nn.conv2d(x, kernel, 1, around)
        return x if self.bias is None else tf.nn.bias_add(x, self.bias)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "kind": self.kind,
            "use_bias": self.use_bias,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }


@keras.saving.register_keras_serializable(package="gencourse")
class CausalBlock(layers.Layer):
    """A residual block around one masked convolution: what it adds to its input depends on the past only.

    Gated: x + W · tanh(a) · σ(b), where a and b are the two halves of the convolution's output and W mixes channels.
    Not gated: x + W · relu(convolution of relu(x)).

    Args:
        filters: channels of the input and the output.
        kernel_size: as in `MaskedConv2D`.
        kind: "B" for maps that know the pixels before them, "rows" for maps that know the rows above.
        gated: which of the two.
        dropout: share of channels' numbers silenced in training, in [0, 1), before they are added.

    Reference:
        Van den Oord et al., "Conditional Image Generation with PixelCNN Decoders", 2016 (the gate).
    """

    def __init__(self, filters: int, kernel_size, kind: str, *, gated: bool = True, dropout: float = 0.0, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.gated, self.rate = filters, gated, dropout
        he = keras.initializers.VarianceScaling(1.0 if gated else 2.0, "fan_in")
        self.convolution = MaskedConv2D(
            2 * filters if gated else filters, kernel_size, kind, kernel_initializer=he, name="convolution"
        )
        small = keras.initializers.VarianceScaling(0.1, "fan_in")
        self.mixing = layers.Dense(filters, kernel_initializer=small, name="mixing")
        self.dropout = layers.Dropout(dropout)

    def build(self, input_shape):
        for layer in (self.convolution, self.mixing):
            if not layer.built:
                layer.build((*input_shape[:-1], self.filters))

    def call(self, x, training=None):
        return self._add(x, self.convolution(self._before(x)), training)

    def read_row(self, rows):
        """The output's last row from the rows of the input that it depends on: (B, up + 1, W, F) -> (B, 1, W, F)."""
        return self._add(rows[:, -1:], self.convolution.read_row(self._before(rows)))

    def read_pixel(self, patch):
        """One place of the output, from the patch under the kept kernel -> (B, 1, 1, F)."""
        left = self.convolution.left  # where the place itself stands, in the last row
        return self._add(patch[:, -1:, left : left + 1], self.convolution.read_pixel(self._before(patch)))

    def _before(self, x):
        return x if self.gated else tf.nn.relu(x)

    def _add(self, x, change, training=None):
        if self.gated:
            signal, gate = tf.split(change, 2, axis=-1)
            change = tf.tanh(signal) * tf.sigmoid(gate)
        else:
            change = tf.nn.relu(change)
        return x + self.mixing(self.dropout(change, training=training))

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        convolution = self.convolution
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": convolution.kernel_size,
            "kind": convolution.kind,
            "gated": self.gated,
            "dropout": self.rate,
        }
