"""The variational autoencoder: its bound, against cases in which the truth is known."""

import keras
import numpy as np
import pytest

from gencourse import autoencoder, data, sampling

RNG = np.random.default_rng(0)


def linear_vae(dimensions=5, latents=2, **options):
    return autoencoder.VAE(
        autoencoder.build_encoder(input_shape=(dimensions,), units=(), code_dim=2 * latents),
        autoencoder.build_decoder(code_dim=latents, units=(), output_shape=(dimensions,), output_activation="linear"),
        likelihood="gaussian",
        **options,
    )


def probabilistic_pca(points, latents):
    """The maximum-likelihood solution of Tipping and Bishop, 1999: W, mean, noise variance, log p of each point."""
    mean = points.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(points.T, bias=True))
    values, vectors = values[::-1], vectors[:, ::-1]
    noise = values[latents:].mean()
    directions = vectors[:, :latents] * np.sqrt(values[:latents] - noise)  # (D, Z)
    covariance = directions @ directions.T + noise * np.eye(len(mean))
    centred = points - mean
    distances = np.einsum("nd,de,ne->n", centred, np.linalg.inv(covariance), centred)
    log_p = -0.5 * (distances + np.linalg.slogdet(covariance)[1] + len(mean) * np.log(2 * np.pi))
    return directions, mean, noise, log_p


def cloud(n=3000):
    turned = np.linalg.qr(RNG.normal(size=(5, 5)))[0]
    return (RNG.normal(size=(n, 5)) * np.sqrt([3.0, 1.5, 0.2, 0.2, 0.2]) @ turned.T + 0.5).astype("float32")


def test_with_the_exact_posterior_the_bound_is_the_likelihood():
    """Weights set to the closed form: every importance weight equals log p(x) of probabilistic PCA."""
    points = cloud()
    directions, mean, noise, log_p = probabilistic_pca(points.astype("float64"), 2)
    model = linear_vae(observation_std=float(np.sqrt(noise)))
    inverse = np.linalg.inv(directions.T @ directions + noise * np.eye(2))  # diagonal: the directions are orthogonal
    kernel = np.concatenate([directions @ inverse.T, np.zeros((5, 2))], axis=1)
    bias = np.concatenate([-mean @ directions @ inverse.T, np.log(noise * np.diag(inverse))])
    model.encoder.layers[-1].set_weights([kernel, bias])
    model.decoder.layers[1].set_weights([directions.T, mean])
    for k in (1, 5):
        bound = model.importance_weighted_bound(points, k=k, seed=1)
        np.testing.assert_allclose(bound, log_p, atol=2e-3)
    assert model.elbo(points, seed=1)["elbo"].mean() == pytest.approx(log_p.mean(), abs=0.06)  # one draw a point


def test_training_reaches_the_likelihood_of_probabilistic_pca():
    keras.utils.set_random_seed(1)
    points = cloud()
    log_p = probabilistic_pca(points.astype("float64"), 2)[3].mean()
    model = linear_vae(seed=1)
    model.compile(optimizer=keras.optimizers.Adam(0.01), steps_per_execution=50)
    model.fit(data.batches(points, batch_size=500, seed=0), epochs=1, steps_per_epoch=1500, verbose=0)
    assert model.importance_weighted_bound(points, k=16, seed=1).mean() == pytest.approx(log_p, abs=0.03)
    assert float(np.exp(model.log_std)) == pytest.approx(np.sqrt(0.2), rel=0.05)


def image_vae(**options):
    keras.utils.set_random_seed(3)
    return autoencoder.VAE(
        autoencoder.build_encoder(input_shape=(6, 6, 1), units=(16,), code_dim=8),
        autoencoder.build_decoder(code_dim=4, units=(16,), output_shape=(6, 6, 1), output_activation="linear"),
        **options,
    )


BINARY = (RNG.random((300, 6, 6, 1)) < 0.4).astype("float32")


def test_bounds_get_tighter_with_more_draws():
    model = image_vae()
    one, eight, many = (model.importance_weighted_bound(BINARY, k=k, seed=2).mean() for k in (1, 8, 64))
    assert one < eight < many
    assert one == pytest.approx(model.elbo(BINARY, seed=5)["elbo"].mean(), abs=0.3)


def test_the_bound_is_exact_where_the_decoder_is_deaf():
    """A decoder without weights on z and an encoder at the prior: p(x) = product of Bernoulli(1/2), KL = 0."""
    model = image_vae()
    for network in (model.encoder, model.decoder):
        network.set_weights([np.zeros_like(w) for w in network.get_weights()])
    parts = model.elbo(BINARY)
    np.testing.assert_allclose(parts["elbo"], -36 * np.log(2), rtol=1e-5)
    np.testing.assert_array_equal(parts["kl"], 0.0)
    np.testing.assert_allclose(model.importance_weighted_bound(BINARY, k=3), -36 * np.log(2), rtol=1e-5)


def test_parts_add_up_and_seeds_repeat():
    model = image_vae()
    parts = model.elbo(BINARY, seed=1)
    np.testing.assert_allclose(parts["elbo"], parts["reconstruction"] - parts["kl"], rtol=1e-5)
    np.testing.assert_array_equal(parts["elbo"], model.elbo(BINARY, seed=1)["elbo"])
    assert not np.array_equal(parts["elbo"], model.elbo(BINARY, seed=2)["elbo"])


def one_step(**options):
    model = image_vae(**options)
    model.compile(optimizer=keras.optimizers.SGD(0.0))
    return {name: float(value) for name, value in model.train_step(keras.ops.convert_to_tensor(BINARY)).items()}


def test_what_beta_free_bits_and_warm_up_charge():
    plain = one_step()
    assert plain["loss"] == pytest.approx(plain["reconstruction_loss"] + plain["kl"], rel=1e-5)
    stronger = one_step(beta=4.0)
    assert stronger["loss"] == pytest.approx(stronger["reconstruction_loss"] + 4.0 * stronger["kl"], rel=1e-5)
    free = one_step(free_bits=10.0)  # more than any latent here spends
    assert free["loss"] == pytest.approx(free["reconstruction_loss"] + 4 * 10.0, rel=1e-5)
    cold = one_step(warm_up_steps=100)  # no step is behind it
    assert cold["loss"] == pytest.approx(cold["reconstruction_loss"], rel=1e-5)


def test_grey_values_become_draws():
    draws = np.asarray(sampling.binary_draw(np.full((100, 28, 28, 1), 0.3, "float32"), seed=1))
    assert set(np.unique(draws)) == {0.0, 1.0}
    assert draws.mean() == pytest.approx(0.3, abs=0.01)


def test_reparametrised_draws_have_the_moments_asked_for():
    latents = np.asarray(
        autoencoder.reparametrise(np.full((50_000, 1), 2.0, "float32"), np.full((50_000, 1), -1.0, "float32"), seed=1)
    )
    assert latents.mean() == pytest.approx(2.0, abs=0.01)
    assert latents.var() == pytest.approx(np.exp(-1.0), rel=0.03)


def test_reconstructions_are_probabilities():
    again = image_vae().reconstruct(BINARY[:10])
    assert again.shape == (10, 6, 6, 1)
    assert again.min() >= 0.0
    assert again.max() <= 1.0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"likelihood": "poisson"}, "Received: 'poisson'"),
        ({"likelihood": "gaussian", "binarise": True}, "Bernoulli"),
        ({"observation_std": 0.1}, "Gaussian likelihood"),
        ({"beta": -1.0}, "at least 0"),
    ],
)
def test_bad_options_are_named(options, sentence):
    with pytest.raises(ValueError, match=sentence):
        image_vae(**options)


def test_what_is_no_likelihood_is_refused():
    model = image_vae()
    with pytest.raises(ValueError, match=r"data\.binarise"):
        model.elbo(BINARY * 0.5)
    with pytest.raises(ValueError, match="Received: a batch of shape"):
        model.elbo(BINARY[:, :3])
    with pytest.raises(ValueError, match="Received: 0"):
        model.importance_weighted_bound(BINARY, k=0)
    with pytest.raises(ValueError, match="twice as many numbers"):
        autoencoder.VAE(autoencoder.build_encoder(code_dim=5), autoencoder.build_decoder(code_dim=5))
