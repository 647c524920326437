"""Learning from rewards: the score-function gradient, and what it is told."""

import tensorflow as tf

from .tokens import masked_mean


def rewards_to_come(rewards, discount: float):
    """What each choice may be credited with: its own reward and those after it, each later one worth less.

    R_t = r_t + discount · R_(t+1).

    Args:
        rewards: (B, T); zero behind a text's end.
        discount: in [0, 1]. 0 looks at a choice's own reward only, 1 at all that follow.

    Returns:
        (B, T).

    Raises:
        ValueError: for another discount.

    Reference:
        Sutton and Barto, "Reinforcement Learning: An Introduction", 2018, chapter 3.
    """
    if not 0.0 <= discount <= 1.0:
        raise ValueError(f"`discount` must lie in [0, 1]. Received: {discount}.")
    places = tf.range(tf.shape(rewards)[1])
    later = places[:, None] - places[None, :]  # how far place s lies behind place t, (T, T)
    weights = tf.where(later >= 0, tf.pow(float(discount), tf.cast(tf.maximum(later, 0), tf.float32)), 0.0)
    return tf.matmul(tf.cast(rewards, tf.float32), weights)


def policy_gradient_loss(log_probabilities, rewards, baseline, kept):
    """The loss whose gradient is that of minus the expected reward: -log p · (reward - baseline), averaged.

    A choice that brought more than was expected becomes likelier, one that brought less becomes rarer. The baseline
    must not depend on the choice itself; then it changes the gradient's noise and not its mean.

    Args:
        log_probabilities: log p of each choice that was made, (B, T).
        rewards: what each choice is credited with, (B, T).
        baseline: the reward expected before the choice, of a shape that broadcasts to (B, T). Neither rewards nor
            baseline get a gradient.
        kept: bool (B, T), False behind a text's end; True somewhere.

    Returns:
        A scalar. Its gradient means something, its value does not.

    Reference:
        Williams, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning", 1992;
        for text: Yu et al., "SeqGAN: Sequence Generative Adversarial Nets with Policy Gradient", 2017.
    """
    advantages = tf.stop_gradient(rewards - baseline)
    return masked_mean(-log_probabilities * advantages, kept)


def entropy(logits):
    """The entropy of softmax(logits), -Σ p log p: how open a choice still is.

    Args:
        logits: (..., V), finite.

    Returns:
        (...), nats, from 0 (settled) to log V (all equally likely).
    """
    return -tf.reduce_sum(tf.nn.softmax(logits) * tf.nn.log_softmax(logits), axis=-1)
