"""Networks that give each pixel's logit from the pixels before it: two stacks without a blind spot, and a plain one."""

import keras
import tensorflow as tf
from keras import layers

from gencourse.layers import CausalBlock, MaskedConv2D


@keras.saving.register_keras_serializable(package="gencourse")
class PixelNetwork(keras.Model):
    """Logits of all pixels, each from the pixels before it in raster order, and from a class where there are classes.

    Two stacks share the work. The upper stack looks at whole rows above and needs no mask but that: to the left and to
    the right it sees as far as its kernels reach, so that no pixel hides in a blind spot. It works on groups of
    neighbouring columns, which makes its map smaller and its kernels reach farther. The row stack looks at the pixels
    near by (a masked kernel of kind A), adds what the upper stack says, and goes on along its own row.

    The network can be read in two ways that give equal logits: `call` takes whole images, for training; `begin_row` and
    `read_pixel` go through an image pixel by pixel and compute each number once, for drawing.

    Args:
        input_shape: (H, W, 1).
        filters: channels of the row stack.
        depth: blocks of the row stack.
        row_kernel: columns of its kernels, odd; its half is what an output sees to the left.
        kernel_size: side of the first masked kernel, odd.
        above_filters: channels of the upper stack.
        above_depth: blocks of the upper stack.
        above_rows: rows that its first kernel sees.
        above_columns: groups of columns that its first kernel sees, odd.
        above_kernel: side of the kernels in its blocks, odd; to the sides it counts groups of columns.
        columns: pixels in a group of columns; W must be a multiple of it.
        gated: gated blocks, as in the paper; else ReLU, which costs less.
        classes: number of classes that the network is told; None for none.
        dropout: in the blocks, in [0, 1).

    Raises:
        ValueError: if the images are not of one channel, or W is no multiple of `columns`.

    Reference:
        Van den Oord et al., "Conditional Image Generation with PixelCNN Decoders", 2016.
    """

    def __init__(
        self,
        *,
        input_shape=(28, 28, 1),
        filters: int = 32,
        depth: int = 1,
        row_kernel: int = 7,
        kernel_size: int = 7,
        above_filters: int = 64,
        above_depth: int = 2,
        above_rows: int = 8,
        above_columns: int = 5,
        above_kernel: int = 3,
        columns: int = 4,
        gated: bool = True,
        classes: int | None = None,
        dropout: float = 0.0,
        name: str = "pixelcnn",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if len(input_shape) != 3 or input_shape[-1] != 1 or input_shape[1] % columns:
            raise ValueError(
                f"Images must have shape (H, W, 1), W a multiple of columns={columns}. "
                f"Received: input_shape={tuple(input_shape)}."
            )
        self.image_shape, self.columns, self.classes = tuple(input_shape), columns, classes
        self.numbers = {
            "filters": filters,
            "depth": depth,
            "row_kernel": row_kernel,
            "kernel_size": kernel_size,
            "above_filters": above_filters,
            "above_depth": above_depth,
            "above_rows": above_rows,
            "above_columns": above_columns,
            "above_kernel": above_kernel,
            "gated": gated,
            "dropout": dropout,
        }
        options = {"gated": gated, "dropout": dropout}
        size = (2 * above_rows + 1, above_columns)
        self.first_above = MaskedConv2D(above_filters, size, "above", name="first_above")
        self.above = [
            CausalBlock(above_filters, above_kernel, "rows", name=f"above_{i}", **options) for i in range(above_depth)
        ]
        self.link = layers.Dense(columns * filters, name="link")
        self.first = MaskedConv2D(filters, kernel_size, "A", name="first")
        self.row = [CausalBlock(filters, (1, row_kernel), "B", name=f"row_{i}", **options) for i in range(depth)]
        self.head = layers.Dense(filters, name="head")
        self.logits = layers.Dense(1, dtype="float32", name="logits")
        self.told = None
        if classes is not None:
            self.told = layers.Embedding(classes, above_filters, name="classes")
        self.build()

    def build(self, input_shape=None):
        if self.built:
            return
        height, width, _ = self.image_shape
        groups, filters = width // self.columns, self.numbers["filters"]
        wide = (None, height, groups, self.numbers["above_filters"])
        narrow = (None, height, width, filters)
        self.first_above.build((None, height, groups, self.columns))
        self.first.build((None, height, width, 1))
        self.link.build(wide)
        for block in self.above:
            block.build(wide)
        for layer in (*self.row, self.head, self.logits):
            layer.build(narrow)
        if self.told is not None:
            self.told.build((None,))
        # What is usual at a place, whatever stands around it.
        self.places = self.add_weight(wide[1:], "zeros", name="places")
        self.built = True

    def call(self, inputs, training=None):
        """Logits: images (B, H, W, 1) of zeros and ones, or [images, labels (B,)] -> (B, H, W, 1)."""
        images, labels = self._split(inputs)
        x = _signed(images)
        above = self._placed(self.first_above(self._grouped(x)), self.places, labels)
        for block in self.above:
            above = block(above, training=training)
        x = self.first(x) + self._ungrouped(self.link(tf.nn.relu(above)))
        for block in self.row:
            x = block(x, training=training)
        return self._finish(x)

    def begin(self, batch_size):
        """What is remembered before the first row: the rows above the image, in each layer, are zeros."""
        _, width, _ = self.image_shape
        groups, filters = width // self.columns, self.numbers["above_filters"]
        rows = tf.zeros((batch_size, max(self.first.up, self.first_above.up), width, 1))
        memories = [tf.zeros((batch_size, block.convolution.up, groups, filters)) for block in self.above]
        return rows, tuple(memories)

    def begin_row(self, number, memory, labels=None):
        """Reads all rows above once, before the pixels of row `number` are drawn.

        Args:
            number: of the row, from 0.
            memory: what `begin` or `end_row` returned.
            labels: (B,), where the network is told classes.

        Returns:
            What the row stack is told of the rows above, (B, 1, W, filters), and the memory.
        """
        rows, memories = memory
        above = self.first_above.read_row(self._grouped(rows[:, -self.first_above.up :]))
        above, kept = self._placed(above, self.places[number], labels), []
        for block, remembered in zip(self.above, memories, strict=True):
            window = tf.concat([remembered, above], axis=1)
            kept.append(window[:, 1:])
            above = block.read_row(window)
        return self._ungrouped(self.link(tf.nn.relu(above))), (rows, tuple(kept))

    def begin_pixels(self, row, memory):
        """What is remembered before the first pixel of a row is drawn.

        Args:
            row: (B, 1, W, 1), what stands there now; from a pixel on it is not looked at before it is written anew.
            memory: of rows.
        """
        rows, _ = memory
        sides = [[0, 0], [0, 0], [self.first.left, self.first.left], [0, 0]]
        near = tf.pad(rows[:, -self.first.up :], sides)
        features = [tf.zeros((tf.shape(rows)[0], 1, block.convolution.left, block.filters)) for block in self.row]
        return near, tf.pad(_signed(row), sides), tuple(features)

    def read_pixel(self, column, context, memory):
        """The logit of one pixel, from the row's context and the pixels of the row so far.

        Args:
            column: of the pixel, from 0.
            context: what `begin_row` returned.
            memory: what `begin_pixels` or `end_pixel` returned.

        Returns:
            The logit, (B, 1, 1, 1), and the memory.
        """
        near, line, features = memory
        around = column + tf.range(2 * self.first.left + 1)
        x = self.first.read_pixel(tf.gather(tf.concat([near, line], axis=1), around, axis=2))
        x, kept = x + context[:, :, column, None], []
        for block, remembered in zip(self.row, features, strict=True):
            window = tf.concat([remembered, x], axis=2)
            kept.append(window[:, :, 1:])
            x = block.read_pixel(window)
        return self._finish(x), (near, line, tuple(kept))

    def end_pixel(self, column, pixel, memory):
        """Writes down the pixel of a column: (B, 1, 1, 1), zero or one."""
        near, line, features = memory
        here = tf.range(tf.shape(line)[2])[:, None] == column + self.first.left
        return near, tf.where(here, _signed(pixel), line), features

    def end_row(self, line_memory, memory):
        """Writes down a finished row; returns its pixels, (B, 1, W, 1), zeros and ones, and the memory of rows."""
        (rows, memories), line = memory, line_memory[1]
        line = line[:, :, self.first.left : self.first.left + self.image_shape[1]]
        return 0.5 * (line + 1.0), (tf.concat([rows[:, 1:], line], axis=1), memories)

    def _finish(self, x):
        return self.logits(tf.nn.relu(self.head(tf.nn.relu(x))))

    def _split(self, inputs):
        if self.classes is None:
            return inputs, None
        if not isinstance(inputs, (list, tuple)) or len(inputs) != 2:
            raise ValueError(f"This network is told a class: give it [images, labels]. Received: {type(inputs)}.")
        return inputs

    def _placed(self, above, places, labels):
        """Adds what is usual at a place, and for a class."""
        above = above + places
        return above if labels is None else above + self.told(labels)[:, None, None]  # (B, 1, 1, above_filters)

    def _grouped(self, x):
        """Neighbouring columns side by side as channels: (B, H, W, 1) -> (B, H, W/columns, columns)."""
        shape = tf.shape(x)
        return tf.reshape(x, (shape[0], shape[1], x.shape[2] // self.columns, self.columns))

    def _ungrouped(self, x):
        """(B, H, W/columns, columns·F) -> (B, H, W, F)."""
        shape = tf.shape(x)
        return tf.reshape(x, (shape[0], shape[1], self.image_shape[1], self.numbers["filters"]))

    def get_config(self):
        return {
            "input_shape": self.image_shape,
            "columns": self.columns,
            "classes": self.classes,
            **self.numbers,
            "name": self.name,
        }


def _signed(pixels):
    """Zeros and ones as -1 and 1: the zeros with which convolutions pad a map are neither."""
    return 2.0 * pixels - 1.0


def build_pixelcnn(**options) -> PixelNetwork:
    """Returns a `PixelNetwork`: two stacks, no blind spot, drawn from without computing anything twice.

    Args:
        **options: as in `PixelNetwork`.
    """
    return PixelNetwork(**options)


def build_plain_pixelcnn(
    *, input_shape=(28, 28, 1), filters: int = 32, depth: int = 5, kernel_size: int = 7, first_kind: str = "A"
):
    """The first PixelCNN: one stack of masked convolutions. Simple, and blind to a wedge of pixels up to the right.

    Args:
        input_shape: (H, W, 1).
        filters: channels between the blocks; inside them half as many.
        depth: residual blocks: 1×1 convolution, masked 3×3 convolution, 1×1 convolution, ReLU before each.
        kernel_size: side of the first masked kernel, odd.
        first_kind: mask of the first kernel; anything but "A" leaks, and is there to show what happens then.

    Returns:
        A model from images (B, H, W, 1) to logits of the same shape.

    Reference:
        Van den Oord, Kalchbrenner and Kavukcuoglu, "Pixel Recurrent Neural Networks", 2016.
    """
    images = keras.Input(input_shape, name="images")
    x = MaskedConv2D(filters, kernel_size, first_kind)(images)
    for _ in range(depth):
        change = layers.Conv2D(filters // 2, 1)(layers.ReLU()(x))
        change = MaskedConv2D(filters // 2, 3, "B")(layers.ReLU()(change))
        x = layers.Add()([x, layers.Conv2D(filters, 1)(layers.ReLU()(change))])
    x = layers.ReLU()(layers.Conv2D(filters, 1)(layers.ReLU()(x)))
    return keras.Model(images, layers.Conv2D(1, 1, dtype="float32")(x), name="pixelcnn")
