"""Written texts: the compiled loop against a plain one that recomputes everything, stops, streams and seeds."""

import keras
import numpy as np
import pytest

from gencourse import language, text

LETTERS = text.CharacterTokenizer("abcdefgh \n")
PIECES = text.BytePairTokenizer.train("low lower lowest 送寒余雪尽 " * 40, vocabulary_size=300)


def make_model(kind, tokenizer=LETTERS, *, context=12, **options):
    size = tokenizer.vocabulary_size
    if kind == "lstm":
        network = language.build_recurrent(vocabulary_size=size, embedding_dim=6, cell=kind, units=(8,))
    else:
        network = language.build_transformer(
            vocabulary_size=size, context=context, depth=1, heads=2, width=8, positions=kind
        )
    rng = np.random.default_rng(1)
    for variable in network.trainable_variables:
        variable.assign(rng.normal(scale=0.8, size=variable.shape))
    return language.LanguageModel(network, tokenizer, **options)


@pytest.fixture(scope="module")
def models():
    return {
        "recurrent": make_model("lstm", start="\na"),
        "learned": make_model("learned", context=12),
        "rotary": make_model("rotary", context=7),  # an odd context: its halves differ
        "pieces": make_model("lstm", PIECES),
    }


def plain_loop(model, prompt, length, penalty=1.0):
    """Greedy writing with no cache: each symbol is chosen from a text that is read anew."""
    context, tokenizer = model.network.context, model.tokenizer
    tokens = tokenizer.encode(model.start + prompt).tolist()
    given, begin = len(tokens), 0
    for last in range(given + length - 1):
        if context is not None and last - begin == context:
            begin = last - context // 2  # the context is full: its latter half is kept
        if last + 1 < len(tokens):
            continue
        logits = model.network(np.array([tokens[begin:]])).numpy()[0, -1]
        seen = list(set(tokens))
        logits[seen] = np.where(logits[seen] > 0, logits[seen] / penalty, logits[seen] * penalty)
        logits[:2] = -np.inf  # padding and unknown
        tokens.append(int(logits.argmax()))
    return tokenizer.decode(tokens[given:])


@pytest.mark.parametrize("name", ["recurrent", "learned", "rotary"])
def test_greedy_writing_equals_a_plain_loop(models, name):
    model, rng = models[name], np.random.default_rng(0)
    lengths = [0, 1, 2, 4, 5, 6, 7, 10, 11, 12, 13, 17, 18, 23, 30]  # within the context, at its end and beyond
    prompts = ["".join(rng.choice(list("abcdefgh "), size=length)) for length in lengths]
    written = model.generate(len(prompts), prompt=prompts, length=9, temperature=0)
    assert written == [plain_loop(model, prompt, 9) for prompt in prompts]
    assert len(set(written)) > 5
    for i in (0, 7, 14):  # beside others or alone
        assert model.generate(prompt=prompts[i], length=9, temperature=0) == [written[i]]


def test_a_long_text_leaves_the_context_behind(models):
    for name in ("learned", "rotary"):
        assert models[name].generate(prompt="abc", length=40, temperature=0) == [plain_loop(models[name], "abc", 40)]


def test_repetition_penalty_equals_a_plain_loop(models):
    model = models["recurrent"]
    written = model.generate(prompt="abc", length=30, temperature=0, repetition_penalty=1.7)[0]
    assert written == plain_loop(model, "abc", 30, penalty=1.7)
    assert written != plain_loop(model, "abc", 30)


def test_cold_and_narrow_draws_are_greedy(models):
    model = models["recurrent"]
    greedy = model.generate(prompt="ab", length=20, temperature=0)
    for options in ({"top_k": 1}, {"top_p": 1e-6}, {"temperature": 1e-3}, {"temperature": 1e-40}):
        assert model.generate(prompt="ab", length=20, seed=5, **options) == greedy, options


@pytest.mark.parametrize("name", ["recurrent", "rotary"])
def test_seeds_of_texts(models, name):
    model = models[name]
    texts = model.generate(3, length=50, seed=1)
    assert all(len(passage) == 50 for passage in texts)
    assert model.generate(3, length=50, seed=1) == texts
    assert model.generate(3, length=50, seed=2) != texts
    assert len(set(texts)) == 3  # one seed, and yet each row draws for itself
    assert model.generate(2, length=50, seed=1) == texts[:2]  # whatever is written beside them
    assert model.generate(3, length=20, seed=1) == [passage[:20] for passage in texts]


def test_padding_and_unknown_are_never_written():
    model = make_model("lstm")
    bias = model.network.head.bias
    bias.assign(np.where(np.arange(LETTERS.vocabulary_size) < 2, 100.0, 0.0))
    for temperature in (0, 5.0):
        written = model.generate(length=60, temperature=temperature)[0]
        assert len(written) == 60
        assert text.UNKNOWN not in written


def test_texts_follow_the_weights():
    model = make_model("lstm")
    before = model.generate(length=30, temperature=0)
    model.network.head.bias.assign(np.where(np.arange(LETTERS.vocabulary_size) == 5, 100.0, 0.0))
    assert model.generate(length=30, temperature=0) == [LETTERS.decode([5]) * 30] != before


@pytest.mark.parametrize("name", ["recurrent", "pieces"])
def test_a_stop_ends_a_text_before_it(models, name):
    model, options = models[name], {"length": 60, "seed": 4}
    full = model.generate(**options)[0]
    stops = [full[:1], full[9], full[20:23], full[-2:], full[:5]]
    if name == "pieces":  # a stop inside a token
        inside = [piece for i in range(1, PIECES.vocabulary_size) if len(piece := PIECES.pieces([i])[0]) > 2]
        stops += [piece[1] for piece in inside if piece in full]
        stops = [stop for stop in stops if text.UNKNOWN not in stop]
    assert len(stops) > 2
    for stop in stops:
        assert model.generate(stop=stop, **options) == [full.split(stop)[0]]
        assert "".join(model.stream(stop=stop, **options)) == full.split(stop)[0]
    assert model.generate(stop="never said", **options) == [full]
    assert "".join(model.stream(stop="never said", **options)) == full


def test_several_texts_stop_each_at_its_own_place(models):
    model, options = models["recurrent"], {"length": 50, "seed": 1}
    full = model.generate(3, **options)
    assert model.generate(3, stop="a", **options) == [passage.split("a")[0] for passage in full]


@pytest.mark.parametrize("name", ["recurrent", "rotary", "pieces"])
def test_the_pieces_of_a_stream_are_the_whole(models, name):
    model = models[name]
    for seed in (0, 1):
        pieces = list(model.stream("low" if name == "pieces" else "ab", length=70, seed=seed))
        prompt = "low" if name == "pieces" else "ab"
        assert "".join(pieces) == model.generate(prompt=prompt, length=70, seed=seed)[0]
        assert len(pieces) > 1
        assert all(pieces)


def test_a_stream_shows_no_half_character(models):
    # A network that says 雪 again and again, one byte after the other.
    model = make_model("lstm", PIECES)
    numbers = [PIECES.encode(letter)[0] for letter in "ab"]
    weights = np.full(PIECES.vocabulary_size, -100.0)
    bytes_of = [i for i in range(1, PIECES.vocabulary_size) if PIECES._bytes[i] in (b"\xe9", b"\x9b", b"\xaa")]
    weights[bytes_of] = 0.0
    weights[numbers] = -1.0
    model.network.head.kernel.assign(np.zeros(model.network.head.kernel.shape))
    model.network.head.bias.assign(weights)
    for seed in range(3):
        pieces = list(model.stream(length=90, seed=seed))
        assert "".join(pieces) == model.generate(length=90, seed=seed)[0]
        shown = ""
        for piece in pieces[:-1]:  # only the very end may be cut off
            shown += piece
            assert not shown.endswith(text.UNKNOWN)


def test_an_empty_prompt_begins_after_start(models):
    other = make_model("lstm", start="\n")
    ours = models["recurrent"]  # the same weights, but "\na" stands before
    assert other.generate(prompt="a", length=20, temperature=0) == ours.generate(length=20, temperature=0)


@pytest.mark.parametrize(
    ("options", "received"),
    [
        ({"n": 0}, "Received: 0"),
        ({"length": 0}, "Received: 0"),
        ({"temperature": -0.1}, "Received: -0.1"),
        ({"temperature": float("nan")}, "Received: nan"),
        ({"temperature": float("inf")}, "Received: inf"),
        ({"top_k": 0}, "Received: 0"),
        ({"top_p": 0.0}, "Received: 0.0"),
        ({"top_p": 1.1}, "Received: 1.1"),
        ({"repetition_penalty": 0.9}, "Received: 0.9"),
        ({"seed": -1}, "Received: -1"),
        ({"seed": 2**31}, "Received: 2147483648"),
        ({"seed": 0.5}, "Received: 0.5"),
        ({"prompt": "aéé!"}, "not in the vocabulary: 'é', '!'"),
        ({"prompt": ["a", "b"]}, "Received: 2 prompts, n=1"),
    ],
)
def test_what_cannot_be_written(models, options, received):
    with pytest.raises(ValueError, match=received):
        models["recurrent"].generate(**options)
    if "n" not in options and options.get("prompt") != ["a", "b"]:
        with pytest.raises(ValueError, match=received):
            next(models["recurrent"].stream(**options))


def test_a_kept_model_writes_beyond_its_context(models, tmp_path):
    model = models["rotary"]
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.generate(length=40, temperature=0) == model.generate(length=40, temperature=0)
