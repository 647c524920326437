"""A text GAN whose generator learns through softened tokens."""

import keras
import tensorflow as tf

from gencourse import text
from gencourse.sampling import gumbel_noise, gumbel_softmax
from gencourse.training import apply_gradients

from .game import TextGame


@keras.saving.register_keras_serializable(package="gencourse")
class TextGAN(TextGame):
    """A language network and a discriminator that play against each other, with a gradient through every token.

    A token is drawn, and a draw has no gradient. Here each is drawn as `gumbel_softmax` draws: its softened form
    leads back from the verdict to the generator, from place to place.

    Args:
        generator: language network, (B, T) -> (B, T, V); usually one that a `LanguageModel` has trained already.
        discriminator: model from tokens (B, T) or shares (B, T, V) to logits, one a text (B, 1) or one a place (B, T).
        tokenizer: of `gencourse.text`.
        length: tokens of a text at most, its end included; longer real texts are judged by their beginning.
        temperature: of the Gumbel-softmax, above 0: low ones have noisy gradients, high ones wrong ones.
        straight_through: show the discriminator drawn tokens instead of mixtures, which no real text has.
        loss: "non_saturating", "minimax", "least_squares", "hinge" or "wasserstein".
        start: what stands, unseen, before every text.
        end: what a text ends before.
        head_start: first steps in which the discriminator learns alone.
        clip_norm: largest global norm of each network's gradient; None clips nothing.
        seed: of what is drawn in training.

    Raises:
        ValueError: if the vocabularies differ, or a number is out of range.

    Example:
        >>> model = TextGAN(language_model.network, build_discriminator(vocabulary_size=1024), tokenizer)
        >>> model.compile(generator_optimizer=keras.optimizers.Adam(1e-4, beta_1=0.5),
        ...               discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5))
        >>> model.fit(text.padded(rows, batch_size=64, seed=0), epochs=4, steps_per_epoch=100)
        >>> model.generate(5, seed=1)

    Reference:
        Kusner and Hernández-Lobato, "GANs for Sequences of Discrete Elements with the Gumbel-softmax Distribution",
        2016; Nie et al., "RelGAN: Relational Generative Adversarial Networks for Text Generation", 2019.
    """

    optimizer_roles = ("generator_optimizer", "discriminator_optimizer")
    parts = ("generator", "discriminator")
    measures = ("generator_loss", "discriminator_loss", "discriminator_accuracy")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        tokenizer,
        *,
        length: int = 32,
        temperature: float = 1.0,
        straight_through: bool = True,
        loss: str = "non_saturating",
        start: str = "\n",
        end: str = "\n",
        head_start: int = 0,
        clip_norm: float | None = 1.0,
        seed: int = 0,
        **kwargs,
    ):
        super().__init__(
            generator,
            discriminator,
            tokenizer,
            length=length,
            loss=loss,
            start=start,
            end=end,
            head_start=head_start,
            clip_norm=clip_norm,
            seed=seed,
            **kwargs,
        )
        if not temperature > 0:
            raise ValueError(f"`temperature` must be above 0. Received: {temperature}.")
        self.temperature, self.straight_through = temperature, straight_through

    def train_step(self, batch):
        real = self.real_texts(batch)
        with tf.GradientTape(persistent=True) as tape:
            generated, kept = self.imagine(real.shape[0] or tf.shape(real)[0])
            real_logits = self.verdicts(real, real != text.PADDING)
            generated_logits = self.verdicts(generated, kept)
            discriminator_loss = self.game.discriminator(real_logits, generated_logits)
            generator_loss = self.game.generator(generated_logits)
        # Each loss moves its own player only: the other player's variables are not asked for.
        discriminator_gradients = tape.gradient(discriminator_loss, self.discriminator.trainable_variables)
        generator_gradients = tape.gradient(generator_loss, self.generator.trainable_variables)
        self.after_head_start(
            lambda: apply_gradients(
                generator_gradients, self.generator, self.generator_optimizer, clip_norm=self.clip_norm
            )
        )
        apply_gradients(
            discriminator_gradients, self.discriminator, self.discriminator_optimizer, clip_norm=self.clip_norm
        )
        self.means.update_state(generator_loss, discriminator_loss, self.accuracy(real_logits, generated_logits))
        return self.means.result()

    def imagine(self, n):
        """`n` texts as shares of the vocabulary, (B, T, V), and which places belong to a text, (B, T)."""
        key = self.key()

        def choose(logits, place):
            noise = gumbel_noise(tf.shape(logits), self.key_at(key, place))
            return gumbel_softmax(logits, self.temperature, noise, hard=self.straight_through)

        return self.write(n, choose)

    def settings(self):
        return {**super().settings(), "temperature": self.temperature, "straight_through": self.straight_through}
