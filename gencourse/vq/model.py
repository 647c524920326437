"""The VQ-VAE: drawing with a prior over codes, and what the model makes of images."""

import math

import keras
import numpy as np
import tensorflow as tf

from .coder import AT_ONCE, Coder, in_parts
from .drawing import draw

COLDEST = 1e-6  # a lower temperature takes the likeliest code as well, and logits divided by it could overflow


@keras.saving.register_keras_serializable(package="gencourse")
class VQVAE(Coder):
    """Images as small maps of codes, and a prior that draws such maps.

    Its arguments are those of `Coder`.

    Example:
        >>> model = VQVAE(build_encoder(), build_decoder(), Codebook(256, 32), CodePrior(codes=256))
        >>> adam = keras.optimizers.Adam
        >>> model.compile(autoencoder_optimizer=adam(2e-3), prior_optimizer=adam(2e-3))
        >>> model.fit(batches_in_unit_range, epochs=8, steps_per_epoch=150)
        >>> images = model.generate(16, seed=1)

    Reference:
        Van den Oord, Vinyals and Kavukcuoglu, "Neural Discrete Representation Learning", 2017.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._drawing = {}

    def code_nats(self, images, labels=None) -> np.ndarray:
        """How surprised the prior is by the codes of images, which should be ones that it was not trained on.

        Args:
            images: (N, H, W, C); or their codes, whole numbers (N, h, w).
            labels: the class of each, whole numbers (N,), or one for all; needed where the prior is told classes.

        Returns:
            -log p(codes) or -log p(codes | label), float32 (N,), nats. Not the nats of the images: those of their
            codes.

        Raises:
            ValueError: if there is no prior, the images have another shape, or labels are missing or do not fit.
        """
        self._check_prior()
        codes = self.checked_codes(images) if np.ndim(images) == 3 else self.encode(images)
        return in_parts(self._code_nats, codes, self.labels_for(len(codes), labels, needed=True))

    def score(self, images, labels=None) -> dict[str, float]:
        """What the model makes of images that it was not trained on.

        Args:
            images, labels: as in `code_nats`.

        Returns:
            "squared_error" of the reconstructions, a mean over pixels; "perplexity" and "used", as `code_use` says;
            and with a prior "code_nats", nats per image, and "nats_per_code".
        """
        codes = self.encode(images)
        found = {"squared_error": float(np.mean((self.decode(codes) - images) ** 2, dtype="float64"))}
        found |= self.code_use(images)
        if self.prior is not None:
            nats = float(self.code_nats(codes, labels).mean(dtype="float64"))
            found |= {"code_nats": nats, "nats_per_code": nats / math.prod(self.grid)}
        return found

    def generate_codes(
        self,
        n: int,
        *,
        seed: int = 0,
        labels=None,
        temperature: float | None = None,
        guidance: float | None = None,
        top_k: int | None = None,
    ) -> np.ndarray:
        """Draws maps of codes from the prior; arguments as in `generate`. Returns int32 (n, h, w)."""
        if n < 1:
            raise ValueError(f"`n` must be at least 1. Received: {n}.")
        return self._drawn(np.zeros((n, *self.grid), "int32"), 0, seed, labels, temperature, guidance, top_k)

    def generate(
        self,
        n: int,
        *,
        seed: int = 0,
        labels=None,
        temperature: float | None = None,
        guidance: float | None = None,
        top_k: int | None = None,
    ) -> np.ndarray:
        """Draws maps of codes from the prior and decodes them.

        Args:
            n: how many.
            seed: the same seed gives the same samples.
            labels: the class of each, whole numbers (n,), or one for all; by default 0, 1, 2, … in turn, where the
                prior is told classes.
            temperature: at least 0; at 0 the likeliest code is taken. By default the model's own.
            guidance: how far to go from what the prior says without a class towards what it says with it: 0 stays, 1
                arrives, more goes beyond: plainer samples of the class, and less variety. By default the model's own;
                other values than 1 ask the prior twice, and mean nothing where it is told no class.
            top_k: draw each code among so many of the likeliest; None among all.

        Returns:
            float32 (n, H, W, C).

        Raises:
            ValueError: if `n` or `top_k` is below 1, the temperature below 0, the labels do not fit, or there is no
                prior.
        """
        drawn = self.generate_codes(
            n, seed=seed, labels=labels, temperature=temperature, guidance=guidance, top_k=top_k
        )
        return self.decode(drawn)

    def complete(
        self,
        images,
        *,
        rows: int = 3,
        seed: int = 0,
        labels=None,
        temperature: float | None = None,
        guidance: float | None = None,
        top_k: int | None = None,
    ) -> np.ndarray:
        """Keeps the codes of the upper part of images, and draws the others.

        Args:
            images: (N, H, W, C).
            rows: rows of codes that are kept, from 0 to h.
            seed, labels, temperature, guidance, top_k: as in `generate`.

        Returns:
            float32 (N, H, W, C): all of it decoded, the kept part too, whose last pixels see the new codes.

        Raises:
            ValueError: as in `generate`, or if the images have another shape, or there are not so many rows.
        """
        if not 0 <= rows <= self.grid[0]:
            raise ValueError(f"`rows` must lie in [0, {self.grid[0]}]. Received: {rows}.")
        return self.decode(self._drawn(self.encode(images), rows, seed, labels, temperature, guidance, top_k))

    def _drawn(self, codes, rows, seed, labels, temperature, guidance, top_k):
        self._check_prior()
        temperature = self.temperature if temperature is None else temperature
        if not 0 <= temperature < math.inf:
            raise ValueError(f"`temperature` must be at least 0, and finite. Received: {temperature}.")
        if top_k is not None and top_k < 1:
            raise ValueError(f"`top_k` must be at least 1. Received: {top_k}.")
        guidance = self.guidance if guidance is None else guidance
        twice = guidance != 1.0 and self.classes is not None
        rules = {"twice": twice, "greedy": temperature < COLDEST, "top_k": None if temperature < COLDEST else top_k}
        key = tuple(rules.values())
        if key not in self._drawing:  # one compiled graph for each way to choose; weights may change afterwards
            self._drawing[key] = tf.function(
                lambda *given: draw(self.prior, *given, **rules), autograph=False, reduce_retracing=True
            )
        known = tf.constant(rows * self.grid[1])
        numbers = [tf.constant(number, tf.float32) for number in (guidance, max(temperature, COLDEST))]
        labels = self.labels_for(len(codes), labels)
        drawn = []
        for first in range(0, len(codes), AT_ONCE):
            part = tf.constant(codes[first : first + AT_ONCE].reshape(-1, math.prod(self.grid)))
            told = None if labels is None else tf.constant(labels[first : first + AT_ONCE])
            given = part, known, told, *numbers, tf.constant(seed), tf.constant(first)
            drawn.append(self._drawing[key](*given).numpy())
        return np.concatenate(drawn).reshape(-1, *self.grid)

    def _check_prior(self):
        if self.prior is None:
            raise ValueError(
                "This VQ-VAE is an autoencoder alone: only a prior knows which codes go together. Received: prior=None."
            )
