"""A text GAN whose generator learns from rewards: policy gradient, with a learned critic."""

import keras
import tensorflow as tf

from gencourse import losses, sampling, text
from gencourse.training import apply_gradients

from .game import TextGame

# From the discriminator's logit to what a token is worth.
REWARDS = {"probability": lambda logits: 2.0 * tf.sigmoid(logits) - 1.0, "logit": lambda logits: logits}


@keras.saving.register_keras_serializable(package="gencourse")
class PolicyTextGAN(TextGame):
    """A language network that writes, a discriminator whose verdicts are its rewards, and a critic that expects them.

    The generator draws real tokens, and no gradient passes through them. Instead each choice that brought more reward
    than the critic had expected becomes likelier. A discriminator with a verdict at every place rewards every token;
    one with a verdict on the whole text rewards its last token only.

    Args:
        generator: language network, (B, T) -> (B, T, V); usually one that a `LanguageModel` has trained already.
        discriminator: model from tokens (B, T) to logits, one a place (B, T) or one a text (B, 1).
        tokenizer: of `gencourse.text`.
        critic: model from tokens (B, T) to the reward expected after each, (B, T). None takes the batch's mean reward
            to come instead.
        length: tokens of a text at most, its end included; longer real texts are judged by their beginning.
        reward: "probability" for 2 D - 1, between -1 and 1, or "logit".
        discount: what the reward of the next token counts for this one, in [0, 1].
        entropy_weight: of a bonus for choices that stay open, at least 0.
        likelihood_weight: of a maximum-likelihood loss on the real texts beside, at least 0.
        loss: the discriminator's: "non_saturating", "minimax", "least_squares" or "hinge".
        start: what stands, unseen, before every text.
        end: what a text ends before.
        head_start: first steps in which discriminator and critic learn alone.
        clip_norm: largest global norm of each network's gradient; None clips nothing.
        seed: of what is drawn in training.

    Raises:
        ValueError: if the vocabularies differ, a number is out of range, or a name is unknown.

    Reference:
        Yu et al., "SeqGAN: Sequence Generative Adversarial Nets with Policy Gradient", 2017; a reward for every token:
        de Masson d'Autume et al., "Training Language GANs from Scratch", 2019.
    """

    optimizer_roles = ("generator_optimizer", "discriminator_optimizer", "critic_optimizer")
    parts = ("generator", "discriminator", "critic")
    measures = ("reward", "discriminator_loss", "discriminator_accuracy", "critic_loss", "entropy")

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        tokenizer,
        *,
        critic: keras.Model | None = None,
        length: int = 32,
        reward: str = "probability",
        discount: float = 0.5,
        entropy_weight: float = 0.0,
        likelihood_weight: float = 0.0,
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
        if reward not in REWARDS:
            raise ValueError(f"`reward` must be one of {sorted(REWARDS)}. Received: {reward!r}.")
        if not 0.0 <= discount <= 1.0 or entropy_weight < 0 or likelihood_weight < 0:
            raise ValueError(
                "`discount` must lie in [0, 1], and the weights must be at least 0. Received: "
                f"discount={discount}, entropy_weight={entropy_weight}, likelihood_weight={likelihood_weight}."
            )
        if critic is not None and critic.vocabulary_size != self.tokenizer.vocabulary_size:
            raise ValueError(
                f"The critic must know the tokenizer's {self.tokenizer.vocabulary_size} tokens. "
                f"Received: one of {critic.vocabulary_size}."
            )
        self.critic, self.reward, self.discount = critic, reward, discount
        self.entropy_weight, self.likelihood_weight = entropy_weight, likelihood_weight
        if critic is None:
            self.optimizer_roles = PolicyTextGAN.optimizer_roles[:2]

    def networks(self):
        return super().networks() | ({} if self.critic is None else {"critic_optimizer": self.critic})

    def train_step(self, batch):
        real = self.real_texts(batch)
        written, kept = self.draw(real.shape[0] or tf.shape(real)[0])
        given = tf.concat([self.before(tf.shape(written)[0]), written[:, :-1]], axis=1)
        with tf.GradientTape() as tape:
            real_logits = self.verdicts(real, real != text.PADDING)
            generated_logits = self.verdicts(written, kept)
            discriminator_loss = self.game.discriminator(real_logits, generated_logits)
        discriminator_gradients = tape.gradient(discriminator_loss, self.discriminator.trainable_variables)
        rewards = self.rewards(written, kept)
        to_come = losses.rewards_to_come(rewards, self.discount)
        expected, critic_loss = self._critic_step(given, to_come, kept)
        with tf.GradientTape() as tape:
            log_probabilities, entropies = self.judged(given, written)
            entropy = losses.masked_mean(entropies, kept)
            loss = losses.policy_gradient_loss(log_probabilities, to_come, expected, kept)
            loss -= self.entropy_weight * entropy
            if self.likelihood_weight:
                loss += self.likelihood_weight * self.likelihood_loss(real)
        gradients = tape.gradient(loss, self.generator.trainable_variables)
        self.after_head_start(
            lambda: apply_gradients(gradients, self.generator, self.generator_optimizer, clip_norm=self.clip_norm)
        )
        apply_gradients(
            discriminator_gradients, self.discriminator, self.discriminator_optimizer, clip_norm=self.clip_norm
        )
        accuracy = self.accuracy(real_logits, generated_logits)
        reward = tf.reduce_sum(rewards) / tf.reduce_sum(tf.cast(kept, tf.float32))
        self.means.update_state(reward, discriminator_loss, accuracy, critic_loss, entropy)
        return self.means.result()

    def draw(self, n):
        """`n` texts with the generator's own probabilities, int32 (B, T), and which places belong to a text, (B, T)."""
        key = self.key()
        return self.write(n, lambda logits, place: sampling.draw(logits, self.key_at(key, place)))

    def rewards(self, written, kept):
        """What the discriminator gives for each token, (B, T): nothing behind a text's end."""
        worth = REWARDS[self.reward](self.discriminator(written, training=False))
        if worth.shape[1] == 1:  # one verdict on the whole text: its last token gets it
            kept &= tf.logical_not(tf.pad(kept[:, 1:], [[0, 0], [0, 1]]))
        return tf.where(kept, worth, 0.0)

    def judged(self, given, written):
        """log p of each written token, and the entropy of the choice, (B, T) each."""
        logits = self.generator(given, training=False)[:, len(self._before) - 1 :] + self._unwanted
        return -losses.token_nats(logits, written), losses.entropy(logits)

    def likelihood_loss(self, real):
        """The maximum-likelihood loss on real texts (B, T), a scalar."""
        given = tf.concat([self.before(tf.shape(real)[0]), real[:, :-1]], axis=1)
        logits = self.generator(given, training=True)[:, len(self._before) - 1 :]
        return losses.masked_mean(losses.token_nats(logits, real), real != text.PADDING)

    def _critic_step(self, given, to_come, kept):
        """What was expected, of a shape that broadcasts to (B, T), and how far off it was; the critic then learns."""
        if self.critic is None:
            mean = losses.masked_mean(to_come, kept)
            return mean, losses.masked_mean(tf.square(to_come - mean), kept)
        with tf.GradientTape() as tape:
            expected = self.critic(given, training=True)[:, len(self._before) - 1 :]
            loss = losses.masked_mean(tf.square(to_come - expected), kept)
        gradients = tape.gradient(loss, self.critic.trainable_variables)
        apply_gradients(gradients, self.critic, self.critic_optimizer, clip_norm=self.clip_norm)
        return expected, loss

    def settings(self):
        return {
            **super().settings(),
            "reward": self.reward,
            "discount": self.discount,
            "entropy_weight": self.entropy_weight,
            "likelihood_weight": self.likelihood_weight,
        }
