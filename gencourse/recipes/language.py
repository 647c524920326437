"""Recipes of lessons 04 and 09: language models."""

import keras

from gencourse import language

from .base import Recipe


def build_rnn(parameters, tokenizer, seed, steps_per_execution):
    """A compiled recurrent language model."""
    p = parameters
    network = language.build_recurrent(
        vocabulary_size=tokenizer.vocabulary_size,
        embedding_dim=p["embedding_dim"],
        cell=p["cell"],
        units=p["units"],
        tie=p["tie"],
        dropout=p["dropout"],
    )
    streams = p["batch_size"] if p.get("carry") else None
    model = language.LanguageModel(network, tokenizer, clip_norm=p["clip_norm"], streams=streams, seed=seed)
    return _compiled(model, p, steps_per_execution)


def build_gpt(parameters, tokenizer, seed, steps_per_execution):
    """A compiled decoder-only transformer."""
    p = parameters
    network = language.build_transformer(
        vocabulary_size=tokenizer.vocabulary_size,
        context=p["length"],
        depth=p["depth"],
        heads=p["heads"],
        width=p["width"],
        positions=p["positions"],
        tie=p["tie"],
        dropout=p["dropout"],
    )
    model = language.LanguageModel(network, tokenizer, clip_norm=p["clip_norm"], seed=seed)
    return _compiled(model, p, steps_per_execution)


def build_verse_gpt(parameters, tokenizer, seed, steps_per_execution):
    """The recorded model of lesson 09 (or an untrained one), compiled to go on with verse."""
    from .checkpoints import load_checkpoint

    p = parameters
    if not p["begin"]:
        return build_gpt(p, tokenizer, seed, steps_per_execution)
    model = load_checkpoint("09", p["begin"])
    model.clip_norm = p["clip_norm"]
    if p["adapters"]:
        language.add_adapters(model.network, rank=p["adapters"])
    return _compiled(model, p, steps_per_execution)


def _compiled(model, p, steps_per_execution):
    optimizer = keras.optimizers.AdamW(p["rate"], beta_2=p["beta_2"], weight_decay=p["weight_decay"])
    model.compile(optimizer=optimizer, steps_per_execution=steps_per_execution, jit_compile=p.get("jit", False))
    return model


def held_out(model, examples) -> dict[str, float]:
    """How well a language model predicts the held-out text: characters, nats and bits of each, perplexity, unknown."""
    return model.score(examples.reference)


def verse_and_prose(model, examples) -> dict[str, float]:
    """How well a model predicts held-out verse, and what it still knows of the prose that it learned first."""
    return {
        **held_out(model, examples),
        "prose_bits_per_character": held_out(model, examples.prose)["bits_per_character"],
    }


# How these numbers were found: docs/search-text.md.
CHAR_RNN = Recipe(
    name="char-rnn",
    lesson="04",
    summary="recurrent network that writes Austen's English, character by character (lesson 04)",
    data="austen",
    value_range=None,
    parameters={
        "steps": 3200,
        "batch_size": 16,
        "tokens": "characters",
        "length": 32,
        "carry": True,
        "embedding_dim": 64,
        "cell": "gru",
        "units": (384,),
        "tie": False,
        "dropout": 0.0,
        "rate": 6e-3,
        "beta_2": 0.99,
        "weight_decay": 0.01,
        "clip_norm": 1.0,
        "decay": "cosine",
        "warm_up": 0.03,
    },
    build=build_rnn,
    measure=held_out,
)

POEM_RNN = Recipe(
    name="poem-rnn",
    lesson="04",
    prefix="POEM_",
    summary="recurrent network that writes Tang quatrains in a form asked for (lesson 04)",
    data="quatrains",
    value_range=None,
    parameters={
        "steps": 2200,
        "batch_size": 16,
        "tokens": "characters",
        "embedding_dim": 128,
        "cell": "gru",
        "units": (256,),
        "tie": True,
        "dropout": 0.0,
        "rate": 6e-3,
        "beta_2": 0.99,
        "weight_decay": 0.01,
        "clip_norm": 1.0,
        "decay": "cosine",
        "warm_up": 0.03,
    },
    build=build_rnn,
    measure=held_out,
)

# How these numbers were found: docs/search-gpt.md.
GPT_BPE = Recipe(
    name="gpt-bpe",
    lesson="09",
    summary="decoder-only transformer on byte pairs of Austen's English (lesson 09)",
    data="austen",
    value_range=None,
    parameters={
        "steps": 2000,
        "batch_size": 8,
        "tokens": 1024,
        "length": 128,
        "depth": 3,
        "heads": 4,
        "width": 128,
        "positions": "rotary",
        "tie": True,
        "dropout": 0.0,
        "rate": 2.5e-3,
        "beta_2": 0.95,
        "weight_decay": 0.0,
        "clip_norm": 1.0,
        "decay": "linear",
        "warm_up": 0.05,
        "jit": True,
    },
    build=build_gpt,
    measure=held_out,
)

GPT_CHAR = Recipe(
    name="gpt-char",
    lesson="09",
    prefix="SMALL_",
    summary="the well-known small character GPT: 4 layers, 4 heads, 128 wide, context 64, batch 12 (lesson 09)",
    data="austen",
    value_range=None,
    parameters={
        **GPT_BPE.parameters,
        "batch_size": 12,
        "tokens": "characters",
        "length": 64,
        "depth": 4,
    },
    build=build_gpt,
    measure=held_out,
)

GPT_VERSE = Recipe(
    name="gpt-verse",
    lesson="09",
    prefix="VERSE_",
    summary="lesson 09's GPT, trained on prose, goes on with Shakespeare's sonnets",
    data="sonnets",
    value_range=None,
    parameters={
        **GPT_BPE.parameters,
        "steps": 400,
        "begin": "austen",
        "adapters": 0,
        "rate": 4e-4,
        "prose_share": 0.0,
    },
    build=build_verse_gpt,
    measure=verse_and_prose,
)
