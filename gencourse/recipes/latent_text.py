"""Recipes of lesson 13: short texts by maximum likelihood, with latents, and by games."""

import keras

from gencourse import language, latent_text

from .base import Recipe
from .short import END, quality_and_diversity


def build_sentence_rnn(parameters, tokenizer, seed, steps_per_execution):
    """A compiled recurrent language model of short texts."""
    p = parameters
    model = language.LanguageModel(_generator(p, tokenizer), tokenizer, start=END, clip_norm=p["clip_norm"], seed=seed)
    model.compile(optimizer=_adam(p["rate"], p), steps_per_execution=steps_per_execution)
    return model


def build_text_vae(parameters, tokenizer, seed, steps_per_execution):
    """A compiled variational autoencoder of short texts."""
    p = parameters
    sizes = {name: p[name] for name in ("latent_dim", "embedding_dim")}
    sizes["vocabulary_size"] = tokenizer.vocabulary_size
    model = latent_text.TextVAE(
        latent_text.build_encoder(**sizes, units=p["encoder_units"], dropout=p["encoder_dropout"]),
        latent_text.build_decoder(**sizes, units=p["units"], dropout=p["dropout"]),
        tokenizer,
        kl_weight=p["kl_weight"],
        warm_up_steps=p["warm_up_steps"],
        word_dropout=p["word_dropout"],
        free_bits=p["free_bits"],
        start=END,
        end=END,
        clip_norm=p["clip_norm"],
        seed=seed,
    )
    model.compile(optimizer=_adam(p["rate"], p), steps_per_execution=steps_per_execution)
    return model


def build_text_gan(parameters, tokenizer, seed, steps_per_execution):
    """A compiled text GAN that learns through softened tokens."""
    p, generator = parameters, _beginner(parameters, tokenizer)
    discriminator = latent_text.build_discriminator(
        vocabulary_size=tokenizer.vocabulary_size,
        embedding_dim=generator.width,
        filters=p["filters"],
        dropout=p["discriminator_dropout"],
    )
    if p["begin"]:  # it knows the same words to begin with
        discriminator.embedding.set_weights(generator.embedding.get_weights())
    model = latent_text.TextGAN(
        generator,
        discriminator,
        tokenizer,
        temperature=p["temperature"],
        straight_through=p["straight_through"],
        **_game(p, seed),
    )
    model.compile(
        generator_optimizer=_adam(p["rate"], p),
        discriminator_optimizer=_adam(p["discriminator_rate"], p),
        steps_per_execution=steps_per_execution,
    )
    return model


def build_policy_gan(parameters, tokenizer, seed, steps_per_execution):
    """A compiled text GAN that learns from rewards, with a critic."""
    p = parameters
    size = tokenizer.vocabulary_size
    model = latent_text.PolicyTextGAN(
        _beginner(p, tokenizer),
        latent_text.build_recurrent_critic(
            vocabulary_size=size,
            units=p["discriminator_units"],
            dropout=p["discriminator_dropout"],
            name="discriminator",
        ),
        tokenizer,
        critic=latent_text.build_recurrent_critic(vocabulary_size=size, units=p["critic_units"])
        if p["critic_units"]
        else None,
        discount=p["discount"],
        entropy_weight=p["entropy_weight"],
        likelihood_weight=p["likelihood_weight"],
        **_game(p, seed),
    )
    rates = {"generator": p["rate"], "discriminator": p["discriminator_rate"], "critic": p["critic_rate"]}
    optimizers = {f"{player}_optimizer": _adam(rate, p) for player, rate in rates.items()}
    model.compile(**{role: optimizers[role] for role in model.optimizer_roles}, steps_per_execution=steps_per_execution)
    return model


def _generator(p, tokenizer):
    """A recurrent network that writes."""
    return language.build_recurrent(
        vocabulary_size=tokenizer.vocabulary_size,
        embedding_dim=p["embedding_dim"],
        units=p["units"],
        tie=p["tie"],
        dropout=p["dropout"],
    )


def _beginner(p, tokenizer):
    """The generator that a game begins with: the recorded one of maximum likelihood, or an untrained one."""
    from .checkpoints import load_checkpoint

    if p["begin"]:
        return load_checkpoint("13", p["begin"]).network
    return _generator(SENTENCE_RNN.parameters, tokenizer)


def _game(p, seed):
    return {
        "length": p["longest"],
        "start": END,
        "end": END,
        "head_start": p["head_start"],
        "clip_norm": p["clip_norm"],
        "seed": seed,
    }


def _adam(rate, p):
    return keras.optimizers.AdamW(rate, beta_1=p["beta_1"], beta_2=p["beta_2"], weight_decay=p["weight_decay"])


# How these numbers were found: docs/search-text-vae.md and docs/search-text-gan.md.
SENTENCE_RNN = Recipe(
    name="sentence-rnn",
    lesson="13",
    prefix="RNN_",
    summary="recurrent network that writes short sentences, by maximum likelihood (lesson 13)",
    data="sentences",
    value_range=None,
    parameters={
        "steps": 1000,
        "batch_size": 32,
        "tokens": 1024,
        "embedding_dim": 128,
        "units": (256,),
        "tie": False,
        "dropout": 0.3,
        "rate": 8e-3,
        "beta_1": 0.9,
        "beta_2": 0.99,
        "weight_decay": 0.01,
        "clip_norm": 1.0,
        "decay": "cosine",
        "warm_up": 0.05,
    },
    build=build_sentence_rnn,
    measure=quality_and_diversity,
)

LINES = {"tokens": "characters", "batch_size": 64, "steps": 700}

TEXT_VAE = Recipe(
    name="text-vae",
    lesson="13",
    summary="variational autoencoder that writes short sentences (lesson 13)",
    data="sentences",
    value_range=None,
    parameters={
        "steps": 1000,
        "batch_size": 32,
        "tokens": 1024,
        "latent_dim": 32,
        "embedding_dim": 128,
        "units": 256,
        "encoder_units": 96,
        "dropout": 0.3,
        "encoder_dropout": 0.2,
        "kl_weight": 1.0,
        "warm_up_steps": 0,
        "word_dropout": 0.0,
        "free_bits": 0.25,
        "rate": 8e-3,
        "beta_1": 0.9,
        "beta_2": 0.99,
        "weight_decay": 0.01,
        "clip_norm": 1.0,
        "decay": "cosine",
        "warm_up": 0.0,
    },
    build=build_text_vae,
    measure=quality_and_diversity,
)

LINE_RNN = Recipe(
    name="line-rnn",
    lesson="13",
    prefix="LINE_RNN_",
    summary="recurrent network that writes lines of seven Chinese characters, by maximum likelihood (lesson 13)",
    data="lines",
    value_range=None,
    parameters={**SENTENCE_RNN.parameters, **LINES},
    build=build_sentence_rnn,
    measure=quality_and_diversity,
)

LINE_VAE = Recipe(
    name="line-vae",
    lesson="13",
    prefix="LINE_",
    summary="variational autoencoder that writes lines of seven Chinese characters (lesson 13)",
    data="lines",
    value_range=None,
    parameters={**TEXT_VAE.parameters, **LINES, "free_bits": 0.2},
    build=build_text_vae,
    measure=quality_and_diversity,
)

GAME = {
    "steps": 200,
    "batch_size": 32,
    "tokens": 1024,
    "begin": "sentences",
    "longest": 32,
    "head_start": 50,
    "clip_norm": 1.0,
    "beta_2": 0.999,
    "weight_decay": 0.0,
}

TEXT_GAN = Recipe(
    name="text-gan",
    lesson="13",
    prefix="GAN_",
    summary="text GAN that goes on from the sentence-rnn, with Gumbel-softmax (lesson 13)",
    data="sentences",
    value_range=None,
    parameters={
        **GAME,
        "filters": 128,
        "discriminator_dropout": 0.25,
        "temperature": 1.0,
        "straight_through": True,
        "rate": 5e-4,
        "discriminator_rate": 2e-3,
        "beta_1": 0.5,
    },
    build=build_text_gan,
    measure=quality_and_diversity,
)

POLICY_GAN = Recipe(
    name="policy-gan",
    lesson="13",
    prefix="POLICY_",
    summary="text GAN that goes on from the sentence-rnn, with policy gradient and a critic (lesson 13)",
    data="sentences",
    value_range=None,
    parameters={
        **GAME,
        "discriminator_units": 128,
        "discriminator_dropout": 0.0,
        "critic_units": 64,
        "discount": 0.5,
        "entropy_weight": 0.0,
        "likelihood_weight": 0.0,
        "rate": 1e-3,
        "discriminator_rate": 2e-3,
        "critic_rate": 3e-3,
        "beta_1": 0.9,
    },
    build=build_policy_gan,
    measure=quality_and_diversity,
)
