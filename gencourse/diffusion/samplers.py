"""From noise to image step by step, and back: DDPM and DDIM are one rule with more or less fresh noise."""

import numpy as np
import tensorflow as tf

from gencourse.schedules import Rates

from .mixing import mix, noise_in


def step(images, noise, now: Rates, after: Rates, eta=0.0, fresh=None):
    """One step to other rates, from the image and the noise that are believed to be in the present one.

    Args:
        images: believed images, shape (B, ...).
        noise: believed noise, of the same shape.
        now: rates of the present mixture, scalars.
        after: rates to go to, scalars; (1, 0) gives the believed images.
        eta: share of the noise that is made anew, in [0, 1]: 0 is DDIM and needs no `fresh`, 1 draws from the
            posterior of DDPM.
        fresh: standard normal noise of the same shape; None stands for none.

    Returns:
        The mixture at `after`, shape (B, ...).

    Reference:
        Song, Meng and Ermon, "Denoising Diffusion Implicit Models", 2021, equations 12 and 16.
    """
    if fresh is None:
        return mix(images, noise, after)
    spread = eta * after.noise / now.noise * tf.sqrt(tf.maximum(1.0 - (now.signal / after.signal) ** 2, 0.0))
    kept = tf.sqrt(tf.maximum(after.noise**2 - spread**2, 0.0))
    return after.signal * images + kept * noise + spread * fresh


def grid(schedule, steps: int, *, forwards: bool = False):
    """Times and rates that a sampler visits: from 1 to 0, or `forwards` from 0 to 1.

    Args:
        schedule: function of times, returns `Rates`.
        steps: steps between them.
        forwards: from image to noise. On the way back the last rates are (1, 0): an image without noise.

    Returns:
        float32 array (3, steps + 1): times, signal rates, noise rates.

    Raises:
        ValueError: if `steps` is below 1.
    """
    if steps < 1:
        raise ValueError(f"`steps` must be at least 1. Received: {steps}.")
    times = np.linspace(0.0, 1.0, steps + 1) if forwards else np.linspace(1.0, 0.0, steps + 1)
    rates = schedule(times.astype("float32"))
    visited = np.stack([times, np.asarray(rates.signal), np.asarray(rates.noise)]).astype("float32")
    if not forwards:
        visited[1:, -1] = 1.0, 0.0
    return visited


def reverse(denoise, start, visited, *, eta=None, seed=None, truth=None, known=None, repeats: int = 1, keep=False):
    """Walks along a grid of times; the whole walk is one loop that TensorFlow can compile.

    Args:
        denoise: function of `(noisy (B, ...), time, rates)`, returns the believed (images, noise).
        start: mixture at the first time, shape (B, ...).
        visited: what `grid` returns.
        eta: as in `step`; None draws nothing and is DDIM.
        seed: two whole numbers, for fresh noise.
        truth: images (B, ...) of which a part is known; None knows nothing.
        known: 1 where `truth` holds, 0 where not; broadcasts against the images.
        repeats: how often each step but the last is walked. In between, noise is added to go back where the step
            began: known and invented parts find together.
        keep: return every mixture on the way, not only the last.

    Returns:
        The last mixture (B, ...); with `keep` all of them, (steps + 1, B, ...).

    Reference:
        Lugmayr et al., "RePaint: Inpainting using Denoising Diffusion Probabilistic Models", 2022.
    """
    steps = tf.shape(visited)[1] - 1
    kept = tf.TensorArray("float32", size=steps + 1 if keep else 0, element_shape=start.shape)
    if keep:
        kept = kept.write(0, start)

    def rates_at(i):
        return Rates(visited[1, i], visited[2, i])

    def normal(count):
        return tf.random.stateless_normal(tf.shape(start), tf.random.experimental.stateless_fold_in(seed, count))

    def walk(i, noisy, count):
        now, after = rates_at(i), rates_at(i + 1)
        images, noise = denoise(noisy, visited[0, i], now)
        if known is not None:
            images = known * truth + (1.0 - known) * images
            noise = noise_in(noisy, images, now)
        return step(images, noise, now, after, *(() if eta is None else (eta, normal(count))))

    def go_back(i, noisy, count):
        now, after = rates_at(i), rates_at(i + 1)
        ratio = now.signal / after.signal
        return ratio * noisy + tf.sqrt(now.noise**2 - (ratio * after.noise) ** 2) * normal(count)

    def body(i, noisy, kept):
        moved = walk(i, noisy, 2 * repeats * i)
        if repeats > 1:

            def again(round_, moved):
                count = 2 * (repeats * i + round_)
                return round_ + 1, walk(i, go_back(i, moved, count + 1), count)

            rounds = tf.where(i + 1 < steps, repeats, 1)
            _, moved = tf.while_loop(lambda round_, _: round_ < rounds, again, (1, moved))
        return i + 1, moved, kept.write(i + 1, moved) if keep else kept

    _, last, kept = tf.while_loop(lambda i, *_: i < steps, body, (0, tf.convert_to_tensor(start), kept))
    return kept.stack() if keep else last
