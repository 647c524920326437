"""What every family of generative models must do. A new family adds one line to FAMILIES."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gencourse import (
    autoencoder,
    callbacks,
    data,
    diffusion,
    gan,
    language,
    latent_text,
    pixelcnn,
    seq2seq,
    text,
    training,
    vq,
)

ADAM = keras.optimizers.Adam
POINTS = data.ring().sample(512, 0)
LABELS = (np.arctan2(POINTS[:, 1], POINTS[:, 0]) > 0).astype("int32")  # upper or lower half of the ring
LETTERS = text.CharacterTokenizer("abcdefgh \n")
TOKENS = LETTERS.encode("abc dab egh\nfab cad eh " * 24)
WINDOWS = (TOKENS[:520].reshape(65, 8), TOKENS[1:521].reshape(65, 8))  # each token's target is the next one
WORDS = ["abc", "dab", "egh", "fabcad", "cad", "eh", "gabfed"] * 10
STROKES = (np.random.default_rng(0).random((256, 4, 6, 1)) < 0.4).astype("float32")  # black-and-white images
BATCH, STEPS = 32, 6


def tiny_gan(**options):
    keras.utils.set_random_seed(5)
    model = gan.GAN(
        gan.build_generator(latent_dim=4, units=(16,), output_shape=(2,), output_activation="linear"),
        gan.build_discriminator(input_shape=(2,), units=(16,), dropout=0.2),
        **{"ema_decay": 0.9, "seed": 3} | options,
    )
    model.compile(generator_optimizer=ADAM(1e-3), discriminator_optimizer=ADAM(1e-3), steps_per_execution=3)
    return model


def tiny_wgan(**options):
    keras.utils.set_random_seed(5)
    model = gan.WassersteinGAN(
        gan.build_generator(latent_dim=4, units=(16,), output_shape=(2,), output_activation="linear"),
        gan.build_discriminator(input_shape=(2,), units=(16,)),
        **{"critic_steps": 2, "ema_decay": 0.9, "seed": 3} | options,
    )
    model.compile(generator_optimizer=ADAM(1e-3), discriminator_optimizer=ADAM(1e-3), steps_per_execution=3)
    return model


def tiny_conditional(conditioning, generator_conditioning="embedding", **options):
    keras.utils.set_random_seed(5)
    model = gan.ConditionalGAN(
        gan.condition_generator(
            gan.build_generator(latent_dim=6, units=(16,), output_shape=(2,), output_activation="linear"),
            classes=2,
            conditioning=generator_conditioning,
            embedding_dim=2,
        ),
        gan.condition_discriminator(
            gan.build_discriminator(input_shape=(2,), units=(16,)), classes=2, conditioning=conditioning
        ),
        **{"ema_decay": 0.9, "seed": 3} | options,
    )
    model.compile(generator_optimizer=ADAM(1e-3), discriminator_optimizer=ADAM(1e-3), steps_per_execution=3)
    return model


def tiny_autoencoder(**options):
    keras.utils.set_random_seed(5)
    model = autoencoder.Autoencoder(
        autoencoder.build_encoder(input_shape=(2,), units=(16,), code_dim=3),
        autoencoder.build_decoder(code_dim=3, units=(16,), output_shape=(2,), output_activation="linear"),
        **{"seed": 3} | options,
    )
    model.compile(optimizer=ADAM(1e-3), steps_per_execution=3)
    return model


def tiny_vae(**options):
    keras.utils.set_random_seed(5)
    model = autoencoder.VAE(
        autoencoder.build_encoder(input_shape=(2,), units=(16,), code_dim=6),
        autoencoder.build_decoder(code_dim=3, units=(16,), output_shape=(2,), output_activation="linear"),
        **{"likelihood": "gaussian", "seed": 3} | options,
    )
    model.compile(optimizer=ADAM(1e-3), steps_per_execution=3)
    return model


def tiny_language(network=language.build_recurrent, **options):
    keras.utils.set_random_seed(5)
    sizes = (
        {"embedding_dim": 4, "units": (8,)}
        if network is language.build_recurrent
        else {"context": 8, "depth": 1, "heads": 2, "width": 8}
    )
    model = language.LanguageModel(network(vocabulary_size=LETTERS.vocabulary_size, **sizes | options), LETTERS, seed=3)
    model.compile(optimizer=ADAM(1e-3), steps_per_execution=3)
    return model


def tiny_translator(build=seq2seq.build_recurrent_translator, *, label_smoothing=0.0, **options):
    keras.utils.set_random_seed(5)
    sizes = (
        {"embedding_dim": 4, "units": 8}
        if build is seq2seq.build_recurrent_translator
        else {"context": 10, "depth": 1, "heads": 2, "width": 8}
    )
    known = {"source_vocabulary_size": LETTERS.vocabulary_size, "target_vocabulary_size": LETTERS.vocabulary_size}
    model = seq2seq.Translator(
        build(**known, **sizes | options),
        LETTERS,
        LETTERS,
        label_smoothing=label_smoothing,
        examples=("abc", "head"),
        seed=3,
    )
    model.compile(optimizer=ADAM(1e-3), steps_per_execution=3)
    return model


def tiny_text_vae(**options):
    keras.utils.set_random_seed(5)
    sizes = {"vocabulary_size": LETTERS.vocabulary_size, "latent_dim": 3, "embedding_dim": 4, "units": 8}
    networks = {"dropout": options.pop("dropout", 0.0)}
    model = latent_text.TextVAE(
        latent_text.build_encoder(**sizes, **networks),
        latent_text.build_decoder(**sizes, **networks),
        LETTERS,
        **{"seed": 3} | options,
    )
    model.compile(optimizer=ADAM(1e-3), steps_per_execution=3)
    return model


def tiny_text_gan(kind=latent_text.TextGAN, **options):
    keras.utils.set_random_seed(5)
    size = {"vocabulary_size": LETTERS.vocabulary_size, "embedding_dim": 4}
    if kind is latent_text.TextGAN:
        discriminator = latent_text.build_discriminator(**size, filters=4)
    else:
        discriminator = latent_text.build_recurrent_critic(**size, units=5, name="discriminator")
        options = {"critic": latent_text.build_recurrent_critic(**size, units=5)} | options
    generator = language.build_recurrent(**size, units=(8,))
    model = kind(generator, discriminator, LETTERS, **{"length": 8, "seed": 3} | options)
    model.compile(**{role: ADAM(1e-3) for role in model.optimizer_roles}, steps_per_execution=3)
    return model


def tiny_diffusion(classes=None, **options):
    keras.utils.set_random_seed(5)
    model = diffusion.Diffusion(
        diffusion.build_point_denoiser(units=(16, 16), classes=classes),
        classes=classes,
        **{"ema_decay": 0.9, "seed": 3} | options,
    )
    model.compile(optimizer=ADAM(1e-3), steps_per_execution=3)
    return model


def tiny_pixelcnn(*, binarise=False, clip_norm=None, **options):
    keras.utils.set_random_seed(5)
    sizes = {"filters": 4, "depth": 1, "above_filters": 4, "above_depth": 2, "columns": 2}
    network = pixelcnn.build_pixelcnn(input_shape=STROKES.shape[1:], **sizes | options)
    model = pixelcnn.PixelCNN(network, binarise=binarise, clip_norm=clip_norm, seed=3)
    model.compile(optimizer=ADAM(1e-3), steps_per_execution=3)
    return model


def tiny_vq(classes=None, *, codebook=None, prior=None, **options):
    keras.utils.set_random_seed(5)
    shape = STROKES.shape[1:]
    sizes = {"block_size": 2, "filters": 6, "residual_blocks": 1, "code_dim": 3}
    model = vq.VQVAE(
        vq.build_encoder(input_shape=shape, **sizes),
        vq.build_decoder(output_shape=shape, **sizes),
        vq.Codebook(8, 3, **codebook or {}),
        vq.CodePrior(grid=(2, 3), codes=8, embedding_dim=4, filters=6, depth=2, classes=classes, **prior or {}),
        **{"seed": 3} | options,
    )
    model.compile(**{role: ADAM(1e-3) for role in model.optimizer_roles}, steps_per_execution=3)
    return model


SIDES = WORDS, [word[::-1] + "\n" for word in WORDS]
PAIRS = tuple(text.pad([LETTERS.encode(word) for word in side]) for side in SIDES)  # sources and targets, padded

# name: (a function that makes a small compiled model, its training data)
FAMILIES = {
    "gan": (tiny_gan, POINTS),
    "wasserstein": (tiny_wgan, POINTS),
    "conditional": (lambda: tiny_conditional("projection"), (POINTS, LABELS)),
    "autoencoder": (lambda: tiny_autoencoder(corruption=autoencoder.ClippedNoise(0.1, seed=2)), POINTS),
    "vae": (tiny_vae, POINTS),
    "language, recurrent": (tiny_language, WINDOWS),
    "language, transformer": (lambda: tiny_language(language.build_transformer), WINDOWS),
    "translation, recurrent": (tiny_translator, PAIRS),
    "translation, transformer": (lambda: tiny_translator(seq2seq.build_transformer_translator), PAIRS),
    "text vae": (tiny_text_vae, WINDOWS),
    "diffusion": (tiny_diffusion, POINTS),
    "diffusion, classes": (lambda: tiny_diffusion(classes=2), (POINTS, LABELS)),
    "pixelcnn": (tiny_pixelcnn, STROKES),
    "pixelcnn, classes": (lambda: tiny_pixelcnn(classes=2), (STROKES, LABELS[: len(STROKES)])),
    "vq": (tiny_vq, STROKES),
    "vq, classes": (lambda: tiny_vq(classes=2), (STROKES, LABELS[: len(STROKES)])),
    "text gan": (tiny_text_gan, WINDOWS),
    "text gan, policy gradient": (lambda: tiny_text_gan(latent_text.PolicyTextGAN), WINDOWS),
}
# Other arguments of the same classes: they train, and can be kept.
VARIANTS = {
    "gan, minimax, clipped, two discriminator steps": (
        lambda: tiny_gan(loss="minimax", clip_norm=0.5, discriminator_steps=2, ema_decay=None, label_smoothing=0.1),
        POINTS,
    ),
    "gan, least squares": (lambda: tiny_gan(loss="least_squares"), POINTS),
    "gan, hinge": (lambda: tiny_gan(loss="hinge"), POINTS),
    "gan, R1 now and then": (lambda: tiny_gan(r1_weight=1.0, r1_every=2), POINTS),
    "wasserstein, clipped": (lambda: tiny_wgan(penalty_weight=0.0, clip_weights=0.05), POINTS),
    "vae, Bernoulli, warm-up, free bits, clipped": (
        lambda: tiny_vae(
            likelihood="bernoulli", binarise=True, beta=2.0, warm_up_steps=4, free_bits=0.1, clip_norm=1.0
        ),
        (POINTS > 0).astype("float32"),
    ),
    "conditional, class scales": (lambda: tiny_conditional("projection", "normalisation"), (POINTS, LABELS)),
    "conditional, auxiliary": (lambda: tiny_conditional("auxiliary", discriminator_steps=2), (POINTS, LABELS)),
    "language, LSTM, two layers, dropout": (
        lambda: tiny_language(cell="lstm", units=(8, 6), dropout=0.1),
        WINDOWS,
    ),
    "language, transformer, learned positions, own logits": (
        lambda: tiny_language(language.build_transformer, positions="learned", tie=False, dropout=0.1),
        WINDOWS,
    ),
    "translation, dropout, smoothed": (lambda: tiny_translator(dropout=0.1, label_smoothing=0.1), PAIRS),
    "translation, transformer, rotary positions, dropout": (
        lambda: tiny_translator(seq2seq.build_transformer_translator, positions="rotary", dropout=0.1),
        PAIRS,
    ),
    "text gan, mixtures, head start": (
        lambda: tiny_text_gan(straight_through=False, head_start=2, loss="least_squares", clip_norm=None),
        WINDOWS,
    ),
    "text gan, policy gradient without critic, with likelihood": (
        lambda: tiny_text_gan(
            latent_text.PolicyTextGAN, critic=None, reward="logit", entropy_weight=0.1, likelihood_weight=0.5
        ),
        WINDOWS,
    ),
    "pixelcnn, ReLU, dropout, grey values, clipped": (
        lambda: tiny_pixelcnn(gated=False, dropout=0.1, binarise=True, clip_norm=1.0),
        0.8 * STROKES,
    ),
    "text vae, word dropout, warm-up, free bits, dropout": (
        lambda: tiny_text_vae(word_dropout=0.3, warm_up_steps=4, free_bits=0.1, kl_weight=0.5, dropout=0.1),
        WINDOWS,
    ),
    "diffusion, noise, linear schedule, bounds, no average, clipped": (
        lambda: tiny_diffusion(predict="noise", schedule="linear", bounds=(-3.0, 3.0), ema_decay=None, clip_norm=1.0),
        POINTS,
    ),
    "vq, codes by gradient, no restarts, squared error, clipped, dropout, cold": (
        lambda: tiny_vq(
            codebook={"learning": "gradient", "restart_below": 0.0},
            prior={"dropout": 0.1, "gated": False},
            loss="squared_error",
            clip_norm=1.0,
            temperature=0.8,
        ),
        STROKES,
    ),
    "diffusion, image": (lambda: tiny_diffusion(predict="image"), POINTS),
}
family = pytest.mark.parametrize(("make", "examples"), FAMILIES.values(), ids=FAMILIES)
every_variant = pytest.mark.parametrize(
    ("make", "examples"), (FAMILIES | VARIANTS).values(), ids=[*FAMILIES, *VARIANTS]
)
one_each = pytest.mark.parametrize(("make", "examples"), [FAMILIES["gan"]], ids=["gan"])
compiled_ones = ["gan", "language, transformer", "translation, transformer"]


def samples_of(examples):
    return examples[0] if isinstance(examples, tuple) else examples


def with_samples(examples, samples):
    """The same examples with other samples, and as many labels where there are labels."""
    return (samples, *(part[: len(samples)] for part in examples[1:])) if isinstance(examples, tuple) else samples


def check_samples(samples, n, examples):
    """They are `n` finite samples, shaped like those of the training data, or texts of some length."""
    assert len(samples) == n
    if samples_of(examples).dtype.kind == "i":
        assert all(isinstance(sample, str) for sample in samples)
        assert any(samples)  # a drawn translation may be empty
    else:
        assert samples.shape == (n, *samples_of(examples).shape[1:])
        assert np.isfinite(samples).all()


def poisoned(model, examples):
    """The same examples full of NaN; where they are whole numbers, which hold none, a weight gets one instead."""
    samples = samples_of(examples)
    if samples.dtype.kind == "f":
        return with_samples(examples, np.full_like(samples, np.nan))
    weight = model.trainable_variables[-1]
    weight.assign(np.full(weight.shape, np.nan))
    return examples


def forward(model, examples):
    """Inputs of the model's `call`, two of them, and the shape that comes back."""
    if isinstance(model, language.LanguageModel):
        return examples[0][:2], (*examples[0][:2].shape, model.network.vocabulary_size)
    if isinstance(model, latent_text.TextGAN | latent_text.PolicyTextGAN):
        return examples[0][:2], (*examples[0][:2].shape, LETTERS.vocabulary_size)
    if isinstance(model, pixelcnn.PixelCNN):
        inputs = [examples[0][:2], examples[1][:2]] if isinstance(examples, tuple) else examples[:2]
        return inputs, (2, *samples_of(examples).shape[1:])
    if isinstance(model, vq.VQVAE):
        return samples_of(examples)[:2], (2, *STROKES.shape[1:])
    if isinstance(model, latent_text.TextVAE):
        latents = np.zeros((2, model.latent_dim), "float32")
        return [examples[0][:2], latents], (*examples[0][:2].shape, LETTERS.vocabulary_size)
    if isinstance(model, seq2seq.Translator):
        return [part[:2] for part in examples], (*examples[1][:2].shape, model.network.target_vocabulary_size)
    if isinstance(model, diffusion.Diffusion):
        noisy, times = np.zeros((2, *model.sample_shape), "float32"), np.zeros(2, "float32")
        return [noisy, times, *([] if model.classes is None else [examples[1][:2]])], noisy.shape
    latents = np.zeros((2, getattr(model, "latent_dim", 3)), "float32")
    inputs = [latents, examples[1][:2]] if isinstance(examples, tuple) else latents
    return inputs, (2, *samples_of(examples).shape[1:])


def stream(examples, start_step=0):
    return data.batches(examples, batch_size=BATCH, seed=1, start_step=start_step)


def fit(model, examples, *, epochs=1, start=0, **kwargs):
    return model.fit(stream(examples, start * STEPS), epochs=epochs, steps_per_epoch=STEPS, verbose=0, **kwargs)


@every_variant
def test_a_step_gives_finite_metrics_and_moves_every_weight(make, examples):
    model = make()
    before = {v.path: v.numpy() for v in model.trainable_variables}
    history = fit(model, examples).history
    assert history
    assert all(np.isfinite(values).all() for values in history.values())
    still = [path for path, v in ((v.path, v) for v in model.trainable_variables) if np.array_equal(v, before[path])]
    # A bias added to all of a critic's scores cancels in their difference, so nothing moves it.
    idle = [model.discriminator.layers[-1].bias.path] if isinstance(model, gan.WassersteinGAN) else []
    assert set(still) <= set(idle), f"never moved: {still}"


@every_variant
def test_save_and_load_give_the_same_samples(make, examples, tmp_path):
    model = make()
    fit(model, examples)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(model.generate(5, seed=1), loaded.generate(5, seed=1))
    fit(loaded, examples)  # and it is compiled: it can go on


@family
def test_seeds(make, examples):
    model = make()
    np.testing.assert_array_equal(model.generate(7, seed=1), model.generate(7, seed=1))
    assert not np.array_equal(model.generate(7, seed=1), model.generate(7, seed=2))
    check_samples(model.generate(3, seed=1), 3, examples)


@family
def test_wrong_shapes_are_named(make, examples):
    wrong = np.zeros((64, *samples_of(examples).shape[1:], 3), samples_of(examples).dtype)
    with pytest.raises(ValueError, match="Received: a batch of shape"):
        fit(make(), with_samples(examples, wrong))
    with pytest.raises(ValueError, match="Received: 0"):
        make().generate(0)


@family
def test_resume_after_an_epoch_is_exact(make, examples, tmp_path):
    whole = make()
    fit(whole, examples, epochs=3)
    stopped = make()
    fit(stopped, examples, epochs=1, callbacks=[callbacks.Resume(tmp_path)])
    again = make()
    start = callbacks.Resume(tmp_path).restore(again)
    assert start == 1
    fit(again, examples, epochs=3, start=start)
    ours, theirs = again.get_state(), whole.get_state()
    assert ours.keys() == theirs.keys()
    for name in theirs:  # weights, averages, optimizers, seeds, epochs and history
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


@family
def test_fit_goes_on_and_does_not_begin_again(make, examples):
    model = make()
    fit(model, examples, epochs=2)
    state = model.get_state()
    assert fit(model, examples, epochs=2).history == {}
    np.testing.assert_array_equal(model.get_state()["model/0000"], state["model/0000"])
    fit(model, examples, epochs=3)
    assert model.epochs_done == 3
    assert all(len(values) == 3 for values in model.training_history.values())


@family
def test_keyboard_interrupt_leaves_a_model_that_goes_on(make, examples):
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.epochs_done == 1:
                raise KeyboardInterrupt

    model = make()
    with pytest.raises(KeyboardInterrupt):
        fit(model, examples, epochs=3, callbacks=[Stop()])
    check_samples(model.generate(2), 2, examples)
    fit(model, examples, epochs=3)
    assert model.epochs_done == 3


@family
def test_not_a_number_stops_training_with_a_sentence(make, examples):
    model = make()
    with pytest.raises(training.NonFiniteError, match=r"stopped at step 1: the gradient of network '\w+' holds a NaN"):
        fit(model, poisoned(model, examples))


@family
def test_builds_inside_a_strategy(make, examples):
    with tf.distribute.OneDeviceStrategy("/cpu:0").scope():
        model = make()
        inputs, shape = forward(model, examples)
        assert model(inputs).shape == shape


@pytest.mark.parametrize(("make", "examples"), [FAMILIES[name] for name in compiled_ones], ids=compiled_ones)
def test_jit(make, examples):
    model = make()
    roles = {role: ADAM(1e-3) for role in model.optimizer_roles}
    model.compile(jit_compile=True, **roles)
    assert all(np.isfinite(values).all() for values in fit(model, examples).history.values())


@one_each
def test_mixed_precision(make, examples):
    before = keras.mixed_precision.dtype_policy()
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        model = make()
        history = fit(model, examples).history
        assert model.generate(2).dtype == np.float32
    finally:
        keras.mixed_precision.set_dtype_policy(before)
    assert all(np.isfinite(values).all() for values in history.values())
    assert isinstance(getattr(model, model.optimizer_roles[0]), keras.optimizers.LossScaleOptimizer)


@one_each
def test_optimizers_are_asked_for_by_role(make, examples):
    model = make()
    shared = ADAM()
    with pytest.raises(ValueError, match="optimizer of its own"):
        model.compile(**dict.fromkeys(model.optimizer_roles, shared))
    with pytest.raises(TypeError, match=r"needs the optimizers .*Received: \['optimizer'\]"):
        model.compile(optimizer="adam")


@one_each
def test_state_of_another_model_is_refused(make, examples):
    state = make().get_state()
    state["model/0000"] = np.zeros((9, 9))
    with pytest.raises(ValueError, match=r"made by another model.*Received: \(9, 9\)"):
        make().set_state(state)
