"""Drawing with a network that takes noise away: samples, fillings, ways back to the noise, and ways in between."""

import keras
import numpy as np
import tensorflow as tf

from gencourse.sampling import slerp

from .denoiser import Denoiser
from .mixing import noise_in, split
from .samplers import grid, reverse

AT_ONCE = 250  # samples in one call of the compiled loop: their maps stay in a processor's cache


@keras.saving.register_keras_serializable(package="gencourse")
class Diffusion(Denoiser):
    """A network that learns to take noise away, at every strength of noise; samples are made by doing it many times.

    Its arguments are those of `Denoiser`. Methods that take `labels` take whole numbers (n,) or one for all; None
    stands for no class, except in `generate`, where classes come in turn.

    Example:
        >>> model = Diffusion(build_unet(classes=10), classes=10, ema_decay=0.999, bounds=(-1.0, 1.0))
        >>> model.compile(optimizer=keras.optimizers.Adam(1e-3))
        >>> model.fit(batches_of_images_and_labels, epochs=10, steps_per_epoch=100)
        >>> sevens = model.generate(16, labels=7, guidance=2.0, steps=30)

    Reference:
        Ho, Jain and Abbeel, "Denoising Diffusion Probabilistic Models", 2020; Song, Meng and Ermon, "Denoising
        Diffusion Implicit Models", 2021; Ho and Salimans, "Classifier-Free Diffusion Guidance", 2022.
    """

    def generate(
        self, n: int, *, steps: int = 30, eta: float = 1.0, labels=None, guidance: float = 1.0, seed=0, latents=None
    ) -> np.ndarray:
        """Draws samples, from the averaged network where there is one.

        Args:
            n: how many.
            steps: steps from noise to sample; each asks the network once.
            eta: share of the noise that each step makes anew: 1 is DDPM; 0 is DDIM, whose sample depends on where it
                starts alone.
            labels: the class of each sample; with classes, by default 0, 1, 2, … in turn.
            guidance: how far to go from the answer without a class towards the one with it: 0 stays, 1 arrives, more
                goes beyond: plainer samples of the class, and less variety. Between 0 and 1 and beyond 1 the network
                is asked twice.
            seed: the same seed gives the same samples.
            latents: noise to start from, shape (n, ...), instead of random one.

        Returns:
            float32 array (n, ...).

        Raises:
            ValueError: if `n` or `steps` is below 1, `eta` outside [0, 1], or labels or latents do not fit.
        """
        latents = self.latents_for(n, self.sample_shape, seed=seed, latents=latents)
        if self.classes is not None and labels is None:
            labels = np.arange(n) % self.classes
        return self._walked(latents, grid(self.rates_at, steps), labels, guidance, eta=eta, seed=seed)

    def trajectory(self, n: int, *, steps: int = 30, eta: float = 1.0, labels=None, guidance: float = 1.0, seed=0):
        """What `generate` passes through: float32 array (steps + 1, n, ...), noise first, samples last."""
        latents = self.latents_for(n, self.sample_shape, seed=seed)
        if self.classes is not None and labels is None:
            labels = np.arange(n) % self.classes
        return self._walked(latents, grid(self.rates_at, steps), labels, guidance, eta=eta, seed=seed, keep=True)

    def inpaint(
        self, images, known, *, steps: int = 30, eta: float = 1.0, repeats: int = 1, labels=None, guidance=1.0, seed=0
    ) -> np.ndarray:
        """Invents the missing parts of images: in each step what is known replaces what is believed of it.

        Args:
            images: shape (n, ...); values where nothing is known do not matter.
            known: 1 where the image is known and 0 where it is missing; broadcasts against the images.
            steps, eta, labels, guidance, seed: as in `generate`.
            repeats: how often each step is walked, each time from fresh noise; more makes old and new parts fit.

        Returns:
            float32 array (n, ...), equal to the images where they are known.

        Raises:
            ValueError: if the shapes do not fit, or `repeats` is below 1.
        """
        images = self._samples(images)
        if repeats < 1:
            raise ValueError(f"`repeats` must be at least 1. Received: {repeats}.")
        known = np.asarray(known, "float32")
        if not np.isin(known, (0.0, 1.0)).all() or known.ndim > images.ndim:
            raise ValueError(
                f"`known` must hold zeros and ones and broadcast against {images.shape}. Received: shape {known.shape}."
            )
        latents = self.latents_for(len(images), self.sample_shape, seed=seed)
        return self._walked(
            latents,
            grid(self.rates_at, steps),
            labels,
            guidance,
            eta=eta,
            seed=seed,
            truth=np.where(known == 1.0, images, 0.0).astype("float32"),
            known=np.broadcast_to(known, images.shape),
            repeats=repeats,
        )

    def invert(self, images, *, steps: int = 100, labels=None, guidance: float = 1.0) -> np.ndarray:
        """Finds the noise from which DDIM makes these images: its steps walked in the other direction.

        Args:
            images: shape (n, ...).
            steps: more come closer to an exact inverse.
            labels, guidance: as in `generate`; to come back, draw with the same and eta=0.

        Returns:
            Latents for `generate`, float32 array (n, ...).
        """
        return self._walked(self._samples(images), grid(self.rates_at, steps, forwards=True), labels, guidance)

    def interpolate(self, start, end, count: int, *, steps: int = 50, labels=None, guidance: float = 1.0):
        """Goes from one sample to another through the noises that they are made of.

        Args:
            start: a sample (...), without a batch.
            end: another.
            count: samples on the way, both ends included.
            steps, labels, guidance: as in `invert`; `labels` one class for all, or None.

        Returns:
            float32 array (count, ...): drawn from points on the arc between both noises.
        """
        kept = {"steps": steps, "guidance": guidance if labels is not None else 0.0, "labels": labels}
        first, last = (latents.ravel() for latents in self.invert(np.stack([start, end]), **kept))
        between = slerp(first, last, count).reshape(count, *self.sample_shape)
        return self.generate(count, latents=between, eta=0.0, **kept)

    def denoise(self, noisy, time: float, *, labels=None, guidance: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
        """Asks the network what is in noisy samples.

        Args:
            noisy: shape (n, ...).
            time: of all of them, in [0, 1].
            labels, guidance: as in `generate`.

        Returns:
            The believed samples and the believed noise, float32 arrays (n, ...).
        """
        noisy = self._samples(noisy)
        labels, weight, how = self._asked(len(noisy), labels, guidance)
        believed = self._believe(None if labels is None else tf.constant(labels), weight, how)
        return tuple(np.asarray(part) for part in believed(tf.constant(noisy), time, self.rates_at(time)))

    def reverse_field(self, points, time: float, *, labels=None, guidance: float = 1.0) -> np.ndarray:
        """How fast, and where to, DDIM moves points as time runs backwards: the arrows of a picture.

        Args:
            points: shape (n, ...).
            time: in [0, 1].
            labels, guidance: as in `generate`.

        Returns:
            float32 array (n, ...): change of position for each unit of time that is taken away.
        """
        believed = self.denoise(points, time, labels=labels, guidance=guidance)
        ends = np.clip([time - 1e-3, time + 1e-3], 0.0, 1.0)
        slopes = (np.diff(np.asarray(rates)) / np.diff(ends) for rates in self.rates_at(ends))
        return -sum(slope * part for slope, part in zip(slopes, believed, strict=True)).astype("float32")

    def _samples(self, samples) -> np.ndarray:
        samples = np.asarray(samples, "float32")
        self.check_batch(samples, self.sample_shape)
        return samples

    def _asked(self, n: int, labels, guidance: float):
        """Labels (n,), the guidance, and how to ask: "plain", "once" or "twice"."""
        if self.classes is None:
            return self.labels_for(n, labels), guidance, "plain"
        nothing = np.full(n, self.classes, "int32")
        if labels is None or guidance == 0.0:
            return nothing, guidance, "once"
        return self.labels_for(n, labels), guidance, "once" if guidance == 1.0 else "twice"

    def _believe(self, labels, guidance, how: str):
        """A function of `(noisy, time, rates)` that returns the believed (images, noise)."""
        network = self.sampling_networks()["network"]

        def believed(noisy, time, rates):
            times = tf.fill(tf.shape(noisy)[:1], tf.cast(time, "float32"))
            if how == "plain":
                answers = network([noisy, times], training=False)
            elif how == "once":
                answers = network([noisy, times, labels], training=False)
            else:
                both = tf.concat([labels, tf.fill(tf.shape(labels), self.classes)], 0)
                twice = [tf.concat([part, part], 0) for part in (noisy, times)]
                told, untold = tf.split(network([*twice, both], training=False), 2)
                answers = untold + guidance * (told - untold)
            images, noise = split(answers, noisy, rates, self.predict_what)
            if self.bounds is not None:
                images = tf.clip_by_value(images, *self.bounds)
                noise = noise_in(noisy, images, rates)
            return images, noise

        return believed

    def _walked(self, start, visited, labels, guidance, *, eta=0.0, seed=0, keep=False, repeats=1, **painting):
        """Walks along the grid with some samples at a time."""
        if not 0.0 <= eta <= 1.0:
            raise ValueError(f"`eta` must lie in [0, 1]. Received: {eta}.")
        labels, guidance, how = self._asked(len(start), labels, guidance)
        parts = []
        for first in range(0, len(start), AT_ONCE):
            part = slice(first, first + AT_ONCE)
            walked = self._walk(
                tf.convert_to_tensor(start[part]),
                tf.constant(visited),
                None if labels is None else tf.constant(labels[part]),
                tf.constant(guidance, "float32"),
                tf.constant(eta, "float32") if eta else None,
                tf.constant([seed, first], "int64"),
                {name: tf.constant(array[part]) for name, array in painting.items()},
                how=how,
                keep=keep,
                repeats=repeats,
            )
            parts.append(walked.numpy())
        return np.concatenate(parts, axis=1 if keep else 0)

    @tf.function(reduce_retracing=True)
    def _walk(self, start, visited, labels, guidance, eta, seed, painting, *, how, keep, repeats):
        believe = self._believe(labels, guidance, how)
        return reverse(believe, start, visited, eta=eta, seed=seed, keep=keep, repeats=repeats, **painting)
