"""The codebook: a list of vectors, and a layer that replaces each vector that comes by the nearest of the list."""

import keras
import tensorflow as tf
from keras import layers, ops

LEARNING = ("averages", "gradient")


def nearest_codes(x, vectors):
    """Which vector of a codebook is nearest to each vector of a map, by squared distance.

    Args:
        x: (..., D).
        vectors: (K, D).

    Returns:
        Whole numbers from 0 to K - 1, int32 (...); of equally near ones the first.
    """
    # |x - e|² = |x|² - 2 x·e + |e|², and |x|² is the same for all codes: it changes no comparison.
    distances = ops.sum(ops.square(vectors), axis=-1) - 2.0 * ops.matmul(x, ops.transpose(vectors))  # (..., K)
    return ops.cast(ops.argmin(distances, axis=-1), "int32")


def straight_through(x, vectors):
    """Returns `vectors`, and pretends on the way back to be `x`: gradients pass as if nothing had been replaced.

    Args:
        x: what the encoder said, (..., D).
        vectors: what it was replaced by, of the same shape; no gradient reaches them.

    Returns:
        (..., D).

    Reference:
        Bengio, Léonard and Courville, "Estimating or Propagating Gradients Through Stochastic Neurons", 2013.
    """
    return x + ops.stop_gradient(vectors - x)


def perplexity(shares):
    """As many codes, used equally often, would be as varied: exp of the entropy of the codes' shares.

    Args:
        shares: (K,), not negative; they are divided by their sum.

    Returns:
        A scalar from 1 (one code does everything) to K (all are used alike).
    """
    shares = shares / ops.sum(shares)
    return ops.exp(-ops.sum(shares * ops.log(ops.maximum(shares, 1e-12))))


@keras.saving.register_keras_serializable(package="gencourse")
class Codebook(layers.Layer):
    """K vectors: the layer replaces each vector of a map by the nearest of them, (..., D) -> (..., D).

    Gradients pass through it as if it were not there. The vectors move in one of two ways:

    - "averages": `learn` moves each to the running mean of what it stood for, as k-means does;
    - "gradient": they are weights like others, and the squared distance to what they stand for is part of the loss.

    Args:
        codes: K.
        dim: D.
        learning: which of the two ways.
        decay: of the running averages, in [0, 1); 0 takes the means of the present batch.
        restart_below: a code whose running use falls below this share of an equal share (that is 1/K of all vectors)
            begins anew at a vector of the present batch. In the first step all codes do, since nothing was used
            before. 0 restarts none, and the codes begin where they were drawn.
        initial_std: standard deviation of the drawn vectors.

    Raises:
        ValueError: for fewer than 2 codes, numbers out of range, or another way of learning.

    Reference:
        Van den Oord, Vinyals and Kavukcuoglu, "Neural Discrete Representation Learning", 2017; restarts: Dhariwal et
        al., "Jukebox: A Generative Model for Music", 2020.
    """

    def __init__(
        self,
        codes: int = 256,
        dim: int = 32,
        *,
        learning: str = "averages",
        decay: float = 0.98,
        restart_below: float = 0.05,
        initial_std: float = 1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if codes < 2 or dim < 1:
            raise ValueError(f"A codebook has at least 2 codes of at least 1 number. Received: {codes} of {dim}.")
        if learning not in LEARNING:
            raise ValueError(f"`learning` must be one of {LEARNING}. Received: {learning!r}.")
        if not 0.0 <= decay < 1.0 or not 0.0 <= restart_below < 1.0:
            raise ValueError(f"`decay` and `restart_below` must lie in [0, 1). Received: {decay}, {restart_below}.")
        self.codes, self.dim, self.learning = codes, dim, learning
        self.decay, self.restart_below, self.initial_std = decay, restart_below, initial_std
        self.build()

    def build(self, input_shape=None):
        if self.built:
            return
        drawn = keras.initializers.RandomNormal(stddev=self.initial_std)
        by_gradient = self.learning == "gradient"
        self.vectors = self.add_weight((self.codes, self.dim), drawn, trainable=by_gradient, name="vectors")
        #: running averages over batches: vectors that each code stood for, and their sum
        self.hits = self.add_weight((self.codes,), "zeros", trainable=False, name="hits")
        self.sums = self.add_weight((self.codes, self.dim), "zeros", trainable=False, name="sums")
        self.built = True

    def nearest(self, x):
        """The code of each vector: (..., D) -> int32 (...)."""
        return nearest_codes(x, ops.convert_to_tensor(self.vectors))

    def look_up(self, codes):
        """The vector of each code: whole numbers (...) -> (..., D)."""
        return ops.take(ops.convert_to_tensor(self.vectors), codes, axis=0)

    def call(self, x):
        """Each vector replaced by the nearest of the codebook; gradients pass straight through: (..., D)."""
        return straight_through(x, self.look_up(self.nearest(x)))

    def learn(self, x, codes, *, seed):
        """Moves the codes to the averages of what they stood for, and restarts those that hardly are used.

        With "gradient" only the use is counted, and codes are restarted if that is asked for.

        Args:
            x: vectors of a batch, (..., D).
            codes: which code stood for each, (...).
            seed: int or `keras.random.SeedGenerator`, for the vectors at which codes begin anew.

        Returns:
            How many codes were restarted, a scalar.
        """
        x = ops.stop_gradient(ops.reshape(x, (-1, self.dim)))  # (N, D)
        codes = ops.reshape(codes, (-1,))
        count = ops.shape(x)[0]
        assigned = tf.math.bincount(codes, minlength=self.codes, maxlength=self.codes, dtype=x.dtype)
        hits = self.decay * self.hits + (1.0 - self.decay) * assigned
        sums = self.decay * self.sums + (1.0 - self.decay) * tf.math.unsorted_segment_sum(x, codes, self.codes)
        vectors = ops.convert_to_tensor(self.vectors)
        if self.learning == "averages":
            # Both averages began at zero, so their ratio is right from the first step; a code never used stays.
            used = hits[:, None] > 1e-6
            vectors = ops.where(used, sums / ops.where(used, hits[:, None], 1.0), vectors)
        dead = ops.zeros((self.codes,), "bool")
        if self.restart_below:
            equal = ops.cast(count, x.dtype) / self.codes
            dead = hits < self.restart_below * equal
            drawn = keras.random.randint((self.codes,), 0, count, seed=seed)
            vectors = ops.where(dead[:, None], ops.take(x, drawn, axis=0), vectors)
            hits = ops.where(dead, equal, hits)  # time to be found by its neighbourhood
            sums = ops.where(dead[:, None], vectors * equal, sums)
        self.hits.assign(hits)
        self.sums.assign(sums)
        if self.learning == "averages" or self.restart_below:
            self.vectors.assign(vectors)
        return ops.sum(ops.cast(dead, "float32"))

    def compute_output_shape(self, input_shape):
        return tuple(input_shape)

    def get_config(self):
        return {
            **super().get_config(),
            "codes": self.codes,
            "dim": self.dim,
            "learning": self.learning,
            "decay": self.decay,
            "restart_below": self.restart_below,
            "initial_std": self.initial_std,
        }
