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
from .likelihood import bernoulli_log_likelihood, gaussian_log_likelihood, kl_to_standard_normal, token_nats
from .penalties import gradient_norms, gradient_penalty, interpolate, r1_penalty

__all__ = [
    "ADVERSARIAL_LOSSES",
    "AdversarialLoss",
    "adversarial_loss",
    "bernoulli_log_likelihood",
    "gaussian_log_likelihood",
    "gradient_norms",
    "gradient_penalty",
    "hinge_discriminator_loss",
    "hinge_generator_loss",
    "interpolate",
    "kl_to_standard_normal",
    "least_squares_discriminator_loss",
    "least_squares_generator_loss",
    "minimax_discriminator_loss",
    "minimax_generator_loss",
    "non_saturating_generator_loss",
    "r1_penalty",
    "token_nats",
    "wasserstein_critic_loss",
    "wasserstein_generator_loss",
]
