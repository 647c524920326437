"""The Wasserstein game: a critic with a bounded slope in the place of the discriminator."""

import keras
from keras import ops

from gencourse.losses import gradient_penalty

from .convolutional import MinibatchStd
from .game import GAN

MIXING_LAYERS = (keras.layers.BatchNormalization, MinibatchStd)


@keras.saving.register_keras_serializable(package="gencourse")
class WassersteinGAN(GAN):
    """A generator and a critic. The critic gives scores, not probabilities, and its slope is held near or below 1.

    What differs from `GAN`: the loss is a difference of mean scores; the critic takes several steps for each of the
    generator; and its slope is bounded, by a gradient penalty or by clipping its weights. The critic takes the
    discriminator's place under the same names. It must not hold a layer that mixes samples, such as batch
    normalisation, when a penalty is paid: the slope at one sample would depend on the others.

    Args:
        generator: model from latents (B, Z) to samples.
        discriminator: the critic, a model from samples to scores (B, 1).
        critic_steps: critic steps for each generator step; a batch is cut in as many parts.
        penalty_weight: weight of the gradient penalty; 0 asks for none.
        clip_weights: after each critic step every weight is cut to [-clip_weights, clip_weights]; `None` cuts nothing.
        **kwargs: `ema_decay`, `clip_norm` and `seed`, as in `GAN`.

    Attributes:
        means: its "wasserstein_estimate" is the mean real score minus the mean generated one: the distance that the
            critic sees, in its own unit. It falls as samples get better, which no other GAN's loss does.

    Raises:
        ValueError: if the critic mixes samples and a penalty is asked for, or a number is out of range.

    Reference:
        Arjovsky, Chintala and Bottou, "Wasserstein GAN", 2017; Gulrajani et al., "Improved Training of Wasserstein
        GANs", 2017.
    """

    measures = ("generator_loss", "critic_loss", "wasserstein_estimate")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        *,
        critic_steps: int = 5,
        penalty_weight: float = 10.0,
        clip_weights: float | None = None,
        **kwargs,
    ):
        super().__init__(generator, discriminator, loss="wasserstein", discriminator_steps=critic_steps, **kwargs)
        if penalty_weight < 0 or (clip_weights is not None and clip_weights <= 0):
            raise ValueError(
                "`penalty_weight` must be at least 0, and `clip_weights` positive or None. "
                f"Received: {penalty_weight} and {clip_weights}."
            )
        mixing = [x.name for x in discriminator.layers if isinstance(x, MIXING_LAYERS)]
        if penalty_weight and mixing:
            raise ValueError(
                "A gradient penalty looks at each sample alone, and some layers mix them; use layer normalisation or "
                f"none. Received: a critic with {', '.join(mixing)}."
            )
        self.penalty_weight = penalty_weight
        self.clip_weights = clip_weights

    def penalty(self, real, generated, condition=()):
        if not self.penalty_weight:
            return None
        slope = gradient_penalty(
            lambda samples: self._judged(samples, condition), real, generated, seed=self.seed_generator
        )
        return self.penalty_weight * slope

    def after_discriminator(self):
        if self.clip_weights is not None:
            for weight in self.discriminator.trainable_variables:
                weight.assign(ops.clip(weight, -self.clip_weights, self.clip_weights))

    def _track(self, real_outputs, generated_outputs, discriminator_loss, generator_loss, condition=()):
        self.means.update_state(generator_loss, discriminator_loss, -discriminator_loss)

    def settings(self):
        return {
            "critic_steps": self.discriminator_steps,
            "penalty_weight": self.penalty_weight,
            "clip_weights": self.clip_weights,
            "ema_decay": self.ema_decay,
            "clip_norm": self.clip_norm,
        }
