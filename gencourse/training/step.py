"""One optimizer step: finite checks, clipping, the running average, and means of what was measured."""

import keras
import tensorflow as tf
from keras import ops


class NonFiniteError(ArithmeticError):
    """Training produced a NaN or an infinity; the message names the step and the network."""


def apply_gradients(gradients, network: keras.Model, optimizer, *, clip_norm: float | None = None):
    """One optimizer step on one network: gradients are checked, clipped together, applied.

    Args:
        gradients: one tensor per trainable variable of `network`, in their order.
        network: the network that moves. Nothing else does.
        optimizer: a Keras optimizer used for this network only.
        clip_norm: the largest global norm (the length of all gradients seen as one vector); longer ones are scaled
            down to it. `None` clips nothing.

    Returns:
        The global norm before clipping, a scalar; None when nothing is clipped.

    Raises:
        ValueError: if a gradient is `None`: the loss does not depend on that variable; or if `clip_norm` meets
            float16's loss scale, which would be clipped along.

    Reference:
        Pascanu et al., "On the difficulty of training recurrent neural networks", 2013.
    """
    variables = network.trainable_variables
    unreached = [v.path for v, g in zip(variables, gradients, strict=True) if g is None]
    if unreached:
        raise ValueError(
            f"The loss does not reach these variables of {network.name!r}: {', '.join(unreached)}. Was the forward "
            "pass made outside the tape, or through `predict`?"
        )
    norm = None if clip_norm is None else tf.linalg.global_norm(gradients)
    checked = []
    if not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        # In float16 the loss scale overflows on purpose now and then, and its optimizer skips that step itself.
        # A sum shows a NaN or an infinity as a norm does, and costs less.
        witness = tf.add_n([tf.reduce_sum(gradient) for gradient in gradients])
        checked = [tf.debugging.check_numerics(witness, nonfinite_tag(network.name))]
    if clip_norm is not None:
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            raise ValueError(
                "With float16's loss scale, clip inside the optimizer: Adam(..., global_clipnorm=1.0). "
                f"Received: clip_norm={clip_norm}."
            )
        gradients, _ = tf.clip_by_global_norm(gradients, clip_norm, use_norm=norm)
    with tf.control_dependencies(checked):
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
    return norm


def update_average(average: keras.Model, source: keras.Model, decay) -> None:
    """Moves `average` towards `source`: average <- decay * average + (1 - decay) * source.

    Non-trainable weights, such as the moving statistics of batch normalisation, are averages already and are copied.

    Args:
        average: a clone of `source`.
        source: the network in training.
        decay: in [0, 1]; 0 copies.

    Reference:
        Yazıcı et al., "The Unusual Effectiveness of Averaging in GAN Training", 2019.
    """
    moving = {id(v) for v in source.trainable_variables}
    for kept, new in zip(average.weights, source.weights, strict=True):
        if id(new) in moving:
            kept.assign_add((1.0 - decay) * (new.value - kept.value))
        else:
            kept.assign(new)


def nonfinite_tag(network_name: str) -> str:
    """The words by which a failed check is known again."""
    return f"non-finite gradient in network <{network_name}>"


@keras.saving.register_keras_serializable(package="gencourse")
class RunningMeans(keras.metrics.Metric):
    """Means of several numbers since the epoch began, in one variable.

    The step of a small network takes two milliseconds, and a `keras.metrics.Mean` for each number some tenths of one.

    Args:
        names: of the numbers, in the order in which `update_state` takes them.

    Example:
        >>> means = RunningMeans(["generator_loss", "discriminator_loss"])
        >>> means.update_state(0.7, 1.4)
        >>> means.result()  # {"generator_loss": 0.7, "discriminator_loss": 1.4}
    """

    def __init__(self, names, name="means", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.names = list(names)
        self.sums = self.add_variable((len(self.names) + 1,), initializer="zeros", name="sums")  # the last one counts

    def update_state(self, *values):
        self.sums.assign_add(ops.stack([*(ops.cast(value, self.dtype) for value in values), 1.0]))

    def result(self):
        means = ops.divide_no_nan(self.sums[:-1], self.sums[-1])
        return dict(zip(self.names, ops.unstack(means), strict=True))

    def get_config(self):
        return {"names": self.names, "name": self.name, "dtype": self.dtype}
