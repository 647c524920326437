"""Penalties on the slope of a discriminator or critic with respect to its input."""

import keras
import tensorflow as tf
from keras import ops


def interpolate(real, generated, *, seed):
    """Draws, for each pair of a real and a generated sample, one point on the line between them.

    Args:
        real: (B, ...).
        generated: same shape.
        seed: int or `keras.random.SeedGenerator` of the positions, uniform on [0, 1]: one number for each pair.

    Returns:
        (B, ...).
    """
    share = keras.random.uniform((ops.shape(real)[0], *[1] * (len(real.shape) - 1)), seed=seed)  # (B, 1, ...)
    return generated + share * (real - generated)


def gradient_norms(score, samples):
    """Length of the slope of a score with respect to each sample.

    Args:
        score: function from samples (B, ...) to one number each, (B,) or (B, 1).
        samples: (B, ...).

    Returns:
        (B,). At a slope of exactly 0 the length is 1e-6 and its own slope 0, where a plain square root has an
        infinite one.
    """
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(samples)
        total = tf.reduce_sum(score(samples))  # samples do not meet each other, so one sum gives every slope
    slopes = tape.gradient(total, samples, unconnected_gradients="zero")
    squares = tf.reduce_sum(tf.square(slopes), axis=list(range(1, len(samples.shape))))
    return tf.sqrt(squares + 1e-12)


def gradient_penalty(score, real, generated, *, seed, target: float = 1.0):
    """Mean of (length of the slope - target)², at random points between real and generated samples.

    A critic with slope 1 nearly everywhere is what the Wasserstein distance asks for.

    Args:
        score: the critic, a function from samples (B, ...) to (B,) or (B, 1). It must treat each sample alone: no
            batch normalisation inside.
        real: (B, ...).
        generated: same shape.
        seed: int or `keras.random.SeedGenerator` of the points.
        target: the length that costs nothing.

    Returns:
        A scalar, never negative.

    Reference:
        Gulrajani et al., "Improved Training of Wasserstein GANs", 2017.
    """
    norms = gradient_norms(score, interpolate(real, generated, seed=seed))
    return tf.reduce_mean(tf.square(norms - target))


def r1_penalty(score, real):
    """Mean squared length of the slope at real samples: a discriminator that is flat there.

    Args:
        score: the discriminator, a function from samples (B, ...) to logits (B,) or (B, 1).
        real: (B, ...).

    Returns:
        A scalar, never negative. Papers put half a weight before it.

    Reference:
        Mescheder, Geiger and Nowozin, "Which Training Methods for GANs do actually Converge?", 2018.
    """
    return tf.reduce_mean(tf.square(gradient_norms(score, real)))
