"""Studies of texts: lessons 04, 09, 10 and 13."""

from .study import Study

TRANSFORMER = {"units": 64, "rate": 4e-3, "beta_2": 0.98, "jit": True}  # lesson 10's; see docs/search-translation.md

TEXT_STUDIES: dict[str, tuple[Study, ...]] = {
    "04": (
        Study(
            name="ninety",
            recipe="char-rnn",
            seconds=90,
            variants={"90 seconds": {}},
            seeds=3,
            samples=32,
            curve=True,
        ),
        Study(
            name="austen",
            recipe="char-rnn",
            variants={
                "GRU (the lesson's)": {},
                "LSTM": {"cell": "lstm"},
                "simple RNN": {"cell": "simple"},
                "GRU, each window anew": {"carry": False},
            },
            claims={"bits_per_character": False},
            samples=32,
            checkpoint=True,
        ),
        Study(
            name="quatrains",
            recipe="poem-rnn",
            variants={"the lesson's": {}},
            claims={"form_rate": True, "bits_per_character": False},
            checkpoint=True,
        ),
    ),
    "09": (
        Study(
            name="ninety",
            recipe="gpt-bpe",
            seconds=90,
            variants={"90 seconds": {}},
            seeds=3,
            samples=32,
            curve=True,
        ),
        Study(
            name="austen",
            recipe="gpt-bpe",
            variants={
                "byte pairs, rotary positions (the lesson's)": {},
                "learned positions": {"positions": "learned"},
                "one block": {"depth": 1},
            },
            claims={"bits_per_character": False},
            samples=32,
            checkpoint=True,
        ),
        Study(
            name="characters",
            recipe="gpt-char",
            variants={"characters": {"depth": 3, "length": 128, "batch_size": 8}},
            seeds=3,
            samples=32,
        ),
        Study(
            name="small",
            recipe="gpt-char",
            variants={"the well-known small setting": {}},
            claims={"nats_per_character": False},
            seeds=3,
            samples=32,
        ),
        Study(
            name="verse",
            recipe="gpt-verse",
            variants={
                "all weights": {},
                "adapters of rank 8": {"adapters": 8, "rate": 2e-3},
                "all weights, a quarter of each batch is prose": {"prose_share": 0.25},
                "from nothing": {"begin": "", "rate": 2.5e-3},
            },
            claims={"bits_per_character": False, "prose_bits_per_character": False},
            seeds=3,
            samples=32,
        ),
    ),
    "10": (
        Study(
            name="dates",
            recipe="translator",
            variants={
                "attention (the lesson's)": {},
                "no attention: one vector": {"attend": False},
                "5,000 dates": {"examples": 5000},
                "1,000 dates": {"examples": 1000},
            },
            claims={"exact_match": True, "unseen_exact_match": True},
            checkpoint=True,
        ),
        Study(
            name="more",
            recipe="translator",
            variants={"German alone": {"locales": "de"}, "label smoothing 0.1": {"label_smoothing": 0.1}},
            seeds=3,
        ),
        Study(
            name="transformer",
            recipe="translator",
            variants={
                "transformer": {"network": "transformer", **TRANSFORMER},
                "rotary transformer, twice the steps": {"network": "rotary transformer", **TRANSFORMER, "steps": 2400},
            },
            seeds=3,
        ),
    ),
    "13": (
        Study(
            name="sentences",
            recipe="sentence-rnn",
            variants={"maximum likelihood": {}},
            claims={"bits_per_character": False},
            checkpoint=True,
        ),
        Study(
            name="vae",
            recipe="text-vae",
            variants={
                "free bits (the lesson's)": {},
                "no trick": {"free_bits": 0.0},
                "KL warm-up": {"free_bits": 0.0, "warm_up_steps": 800},
                "word dropout": {"free_bits": 0.0, "word_dropout": 0.4},
            },
            claims={"bits_per_character": False, "kl": True},
            checkpoint=True,
        ),
        Study(
            name="gumbel",
            recipe="text-gan",
            variants={"Gumbel-softmax (the lesson's)": {}, "from nothing": {"begin": "", "steps": 240}},
            claims={"self_bleu": False},
            seeds=3,
            checkpoint=True,
        ),
        Study(
            name="policy",
            recipe="policy-gan",
            variants={
                "policy gradient (the lesson's)": {},
                "no critic": {"critic_units": 0},
                "from nothing": {"begin": "", "steps": 240},
            },
            claims={"reference_bleu": True, "self_bleu": False},
            seeds=3,
            checkpoint=True,
        ),
        Study(
            name="collapse",
            recipe="policy-gan",
            variants={
                "too fast": {"rate": 5e-3, "discriminator_rate": 1e-3, "discount": 1.0, "head_start": 0, "steps": 240}
            },
            seeds=3,
        ),
        Study(name="lines", recipe="line-rnn", variants={"maximum likelihood": {}}, seeds=3),
        Study(
            name="lines_vae",
            recipe="line-vae",
            variants={"free bits": {}, "no trick": {"free_bits": 0.0}},
            seeds=3,
        ),
    ),
}
