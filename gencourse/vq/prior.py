"""A model of maps of codes: masked convolutions, as in a PixelCNN, over a few dozen codes instead of all pixels."""

import keras
import tensorflow as tf
from keras import layers, ops

from gencourse.layers import CausalBlock, MaskedConv2D


@keras.saving.register_keras_serializable(package="gencourse")
class CodePrior(keras.Model):
    """Logits of each code of a map from the codes before it in raster order, and from a class where there are classes.

    The first masked convolution sees the whole width of the rows above, so that no place hides in a blind spot;
    residual blocks of masked 3×3 convolutions follow.

    The network can be read in two ways that give equal logits: `call` takes whole maps, for training; `read` and
    `write` go through a map code by code and compute each number once, for drawing.

    Args:
        grid: (H, W), places of a map.
        codes: K.
        embedding_dim: numbers in the vector that stands for a code. It is the prior's own, not the codebook's.
        filters: channels of the convolutions.
        depth: residual blocks.
        first_rows: rows above that the first convolution sees.
        kernel_size: of the blocks' kernels, a number or (rows, columns), odd and at least 3 rows.
        gated: gated blocks, else ReLU.
        classes: number of classes that the network is told; None for none. Labels go one further: the last stands for
            "no class", which guidance compares with.
        dropout: in the blocks, in [0, 1).

    Raises:
        ValueError: for an empty map, fewer than 2 codes, or kernels that see no row above.

    Reference:
        Van den Oord, Vinyals and Kavukcuoglu, "Neural Discrete Representation Learning", 2017.
    """

    def __init__(
        self,
        *,
        grid=(7, 7),
        codes: int = 256,
        embedding_dim: int = 32,
        filters: int = 64,
        depth: int = 4,
        first_rows: int = 2,
        kernel_size=3,
        gated: bool = True,
        classes: int | None = None,
        dropout: float = 0.0,
        name: str = "prior",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        kernel_size = (kernel_size,) * 2 if isinstance(kernel_size, int) else tuple(kernel_size)
        if min(grid) < 1 or codes < 2:
            raise ValueError(f"A map has places, and at least 2 codes. Received: grid={tuple(grid)}, codes={codes}.")
        if first_rows < 1 or kernel_size[0] < 3:
            raise ValueError(
                "The kernels must reach at least one row above. "
                f"Received: first_rows={first_rows}, kernel_size={kernel_size}."
            )
        self.grid, self.codes, self.classes = tuple(grid), codes, classes
        self.numbers = {
            "embedding_dim": embedding_dim,
            "filters": filters,
            "depth": depth,
            "first_rows": first_rows,
            "kernel_size": kernel_size,
            "gated": gated,
            "dropout": dropout,
        }
        self.embedding = layers.Embedding(codes, embedding_dim, name="codes")
        self.first = MaskedConv2D(filters, (2 * first_rows + 1, 2 * self.grid[1] - 1), "A", name="first")
        self.blocks = [
            CausalBlock(filters, kernel_size, "B", gated=gated, dropout=dropout, name=f"block_{i}")
            for i in range(depth)
        ]
        self.logits = layers.Dense(codes, dtype="float32", name="logits")
        self.told = None if classes is None else layers.Embedding(classes + 1, filters, name="classes")
        self.build()

    def build(self, input_shape=None):
        if self.built:
            return
        wide = (None, *self.grid, self.numbers["filters"])
        self.embedding.build((None, *self.grid))
        self.first.build((None, *self.grid, self.numbers["embedding_dim"]))
        for layer in (*self.blocks, self.logits):
            layer.build(wide)
        if self.told is not None:
            self.told.build((None,))
        # What is usual at a place, whatever stands around it.
        self.places = self.add_weight(wide[1:], "zeros", name="places")
        self.built = True

    def call(self, inputs, training=None):
        """Logits: codes (B, H, W), or [codes, labels (B,)] -> (B, H, W, K)."""
        codes, labels = self._split(inputs)
        x = self.first(self.embedding(codes)) + self.places
        if labels is not None:
            x = x + self.told(labels)[:, None, None]
        for block in self.blocks:
            x = block(x, training=training)
        return self.logits(x)

    def begin(self, batch_size):
        """What is remembered before the first code: maps of zeros, one for what each convolution reads.

        Each is as much larger than the grid as the kernel reaches beyond it: what the kernel sees is then one slice.
        """
        widths = [self.numbers["embedding_dim"], *[self.numbers["filters"]] * len(self.blocks)]
        return tuple(
            tf.zeros((batch_size, self.grid[0] + layer.up, self.grid[1] + 2 * layer.left, width))
            for layer, width in zip(self._convolutions(), widths, strict=True)
        )

    def read(self, place, memory, labels=None):
        """The logits of one place, from the codes that were written before it.

        Args:
            place: its number in raster order, from 0.
            memory: what `begin` or `write` returned.
            labels: (B,), where the network is told classes.

        Returns:
            Logits (B, K), and the memory.
        """
        row, column = place // self.grid[1], place % self.grid[1]
        known, *maps = memory
        x = self.first.read_pixel(self._seen(self.first, known, row, column)) + self.places[row, column]
        if labels is not None:
            x = x + self.told(labels)[:, None, None]
        kept = []
        for block, features in zip(self.blocks, maps, strict=True):
            features = self._put(block.convolution, features, row, column, x)
            kept.append(features)
            x = block.read_pixel(self._seen(block.convolution, features, row, column))
        return self.logits(x)[:, 0, 0], (known, *kept)

    def write(self, place, codes, memory):
        """Writes down the codes (B,) of a place that was read; returns the memory."""
        known, *maps = memory
        vectors = self.embedding(codes)[:, None, None]
        return self._put(self.first, known, place // self.grid[1], place % self.grid[1], vectors), *maps

    def _convolutions(self):
        return [self.first, *(block.convolution for block in self.blocks)]

    @staticmethod
    def _seen(layer, features, row, column):
        """What a kernel sees of its map at a place."""
        return tf.slice(features, (0, row, column, 0), (-1, *layer.kept_size, -1))

    @staticmethod
    def _put(layer, features, row, column, x):
        """The map with x (B, 1, 1, F) at a place."""
        return ops.slice_update(features, (0, row + layer.up, column + layer.left, 0), x)

    def _split(self, inputs):
        if self.classes is None:
            return inputs, None
        if not isinstance(inputs, (list, tuple)) or len(inputs) != 2:
            raise ValueError(f"This network is told a class: give it [codes, labels]. Received: {type(inputs)}.")
        return inputs

    def get_config(self):
        return {"grid": self.grid, "codes": self.codes, "classes": self.classes, **self.numbers, "name": self.name}
