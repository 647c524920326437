"""Drawing images pixel after pixel: by computing everything anew at each pixel, and by computing each number once."""

import tensorflow as tf

COLDEST = 1e-6  # a lower temperature takes the likelier value as well, and logits divided by it could overflow


def draw_naively(network, noise, images, rows: int, labels, temperature):
    """Runs the whole network for each pixel, and keeps one of its logits: slow, for any network.

    Args:
        network: model from images, or [images, labels], to logits (B, H, W, 1).
        noise: uniform numbers (B, H, W, 1): a pixel is 1 where its number is below its probability.
        images: (B, H, W, 1), whose first rows are given.
        rows: how many rows are given.
        labels: (B,), or None.
        temperature: logits are divided by it.

    Returns:
        float32 (B, H, W, 1), zeros and ones.
    """
    _, height, width, _ = noise.shape
    places = tf.reshape(tf.range(height * width), (1, height, width, 1))
    known = tf.where(places < rows * width, images, 0.0)

    def step(place, drawn):
        logits = network(drawn if labels is None else [drawn, labels], training=False)
        return place + 1, tf.where(places == place, _choose(logits, noise, temperature), drawn)

    _, drawn = tf.while_loop(lambda place, _: place < height * width, step, (rows * width, known))
    return drawn


def draw(network, noise, images, rows: int, labels, temperature):
    """Computes each number once: what lies above a row when the row begins, a pixel when its turn comes.

    Args:
        network: a `PixelNetwork`.
        noise, images, rows, labels, temperature: as in `draw_naively`.

    Returns:
        float32 (B, H, W, 1): what `draw_naively` gives.
    """
    _, height, width, _ = noise.shape

    def each_row(number, memory, drawn):
        context, memory = network.begin_row(number, memory, labels)
        row, chance = images[:, number, None], noise[:, number, None]  # (B, 1, W, 1)

        def each_pixel(column, line):
            logit, line = network.read_pixel(column, context, line)
            pixel = _choose(logit, chance[:, :, column, None], temperature)
            return column + 1, network.end_pixel(column, pixel, line)

        first = tf.where(number < rows, width, 0)  # a given row stays as it is
        start = (first, network.begin_pixels(row, memory))
        _, line = tf.while_loop(lambda column, _: column < width, each_pixel, start, maximum_iterations=width)
        line, memory = network.end_row(line, memory)
        return number + 1, memory, drawn.write(number, line[:, 0])

    drawn = tf.TensorArray(tf.float32, height, element_shape=(None, width, 1))
    _, _, drawn = tf.while_loop(
        lambda number, *_: number < height,
        each_row,
        (0, network.begin(tf.shape(noise)[0]), drawn),
        maximum_iterations=height,
    )
    return tf.transpose(drawn.stack(), (1, 0, 2, 3))  # (H, B, W, 1) -> (B, H, W, 1)


def _choose(logits, noise, temperature):
    """1 where the noise is below the probability, else 0."""
    return tf.cast(noise < tf.sigmoid(logits / tf.maximum(temperature, COLDEST)), tf.float32)
