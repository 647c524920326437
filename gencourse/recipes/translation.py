"""Recipe of lesson 10: dates in many languages, translated to year-month-day."""

import keras

from gencourse import seq2seq

from .base import Recipe
from .pairs import END, translation_quality

POSITIONS = {"transformer": "learned", "rotary transformer": "rotary"}


def build_translator(parameters, tokenizers, seed, steps_per_execution):
    """A compiled encoder-decoder."""
    p = parameters
    vocabularies = {
        "source_vocabulary_size": tokenizers.source.vocabulary_size,
        "target_vocabulary_size": tokenizers.target.vocabulary_size,
    }
    if p["network"] in POSITIONS:
        network = seq2seq.build_transformer_translator(
            **vocabularies,
            context=p["context"],
            width=p["units"],
            heads=p["heads"],
            depth=p["depth"],
            positions=POSITIONS[p["network"]],
        )
    elif p["network"] == "recurrent":
        network = seq2seq.build_recurrent_translator(
            **vocabularies, embedding_dim=p["embedding_dim"], units=p["units"], attend=p["attend"]
        )
    else:
        raise ValueError(f"`network` must be 'recurrent' or one of {list(POSITIONS)}. Received: {p['network']!r}.")
    model = seq2seq.Translator(
        network, *tokenizers, end=END, clip_norm=p["clip_norm"], label_smoothing=p["label_smoothing"], seed=seed
    )
    optimizer = keras.optimizers.Adam(p["rate"], beta_2=p["beta_2"])
    model.compile(optimizer=optimizer, steps_per_execution=steps_per_execution, jit_compile=p["jit"])
    return model


# How these numbers were found: docs/search-translation.md.
TRANSLATOR = Recipe(
    name="translator",
    lesson="10",
    summary="recurrent encoder-decoder with attention that reads dates in many languages (lesson 10)",
    data="dates",
    value_range=None,
    parameters={
        "steps": 1200,
        "batch_size": 32,
        "examples": 20_000,
        "locales": "all",
        "network": "recurrent",
        "attend": True,
        "embedding_dim": 48,
        "units": 96,
        "heads": 4,
        "depth": 2,
        "context": 64,
        "label_smoothing": 0.0,
        "rate": 5e-3,
        "beta_2": 0.999,
        "clip_norm": 1.0,
        "decay": "cosine",
        "warm_up": 0.05,
        "jit": False,
    },
    build=build_translator,
    measure=translation_quality,
)
