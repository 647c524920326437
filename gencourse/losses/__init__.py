"""Loss functions: small, pure, and tested with numbers worked by hand."""

from .adversarial import (
    ADVERSARIAL_LOSSES,
    AdversarialLoss,
    adversarial_loss,
    hinge_discriminator_loss,
    hinge_generator_loss,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    minimax_discriminator_loss,
    minimax_generator_loss,
    non_saturating_generator_loss,
    wasserstein_critic_loss,
    wasserstein_generator_loss,
)
from .likelihood import bernoulli_log_likelihood, gaussian_log_likelihood, kl_to_standard_normal
from .penalties import gradient_norms, gradient_penalty, interpolate, r1_penalty
from .policy import entropy, policy_gradient_loss, rewards_to_come
from .tokens import masked_mean, per_character, smoothed_nats, token_nats

__all__ = [
    "ADVERSARIAL_LOSSES",
    "AdversarialLoss",
    "adversarial_loss",
    "bernoulli_log_likelihood",
    "entropy",
    "gaussian_log_likelihood",
    "gradient_norms",
    "gradient_penalty",
    "hinge_discriminator_loss",
    "hinge_generator_loss",
    "interpolate",
    "kl_to_standard_normal",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "masked_mean",
    "minimax_discriminator_loss",
    "minimax_generator_loss",
    "non_saturating_generator_loss",
    "per_character",
    "policy_gradient_loss",
    "r1_penalty",
    "rewards_to_come",
    "smoothed_nats",
    "token_nats",
    "wasserstein_critic_loss",
    "wasserstein_generator_loss",
]
