"""Memory carried from batch to batch, and fine-tuning with low-rank adapters."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from gencourse import callbacks, language, text

TOKENIZER = text.CharacterTokenizer.train("abcdefgh \n")
SIZE = TOKENIZER.vocabulary_size
CORPUS = np.random.default_rng(0).integers(2, SIZE, 600)
STREAMS, LENGTH = 4, 6


def recurrent(cell="gru", *, streams=STREAMS, forget=0.0, stride=1, rate=1e-2):
    keras.utils.set_random_seed(3)
    network = language.build_recurrent(vocabulary_size=SIZE, embedding_dim=5, cell=cell, units=(7, 6))
    model = language.LanguageModel(network, TOKENIZER, streams=streams, forget=forget, seed=1)
    model.compile(optimizer=keras.optimizers.Adam(rate), steps_per_execution=stride)
    return model


def transformer():
    keras.utils.set_random_seed(3)
    network = language.build_transformer(vocabulary_size=SIZE, context=8, depth=2, heads=2, width=8)
    for variable in network.trainable_variables:  # projections start at zero: nothing would depend on them
        variable.assign(variable + keras.random.normal(variable.shape, stddev=0.1, seed=1))
    model = language.LanguageModel(network, TOKENIZER)
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    return model


def stream(start=0):
    return text.streams(CORPUS, length=LENGTH, batch_size=STREAMS, seed=0, start_step=start)


@settings(max_examples=25, deadline=None)
@given(n=st.integers(20, 200), length=st.integers(1, 7), rows=st.integers(1, 4), start=st.integers(0, 20))
def test_rows_go_on_where_they_ended(n, length, rows, start):
    if n < (rows + 1) * length:
        with pytest.raises(ValueError, match=f"Received: {n} tokens"):
            text.streams_per_pass(n, length, rows)
        return
    steps = text.streams_per_pass(n, length, rows)
    taken = text.streams(np.arange(n), length=length, batch_size=rows, seed=0).take(start + 2 * steps)
    pairs = [(inputs.numpy(), targets.numpy()) for inputs, targets in taken]
    again = text.streams(np.arange(n), length=length, batch_size=rows, seed=0, start_step=start)
    np.testing.assert_array_equal(next(iter(again))[0], pairs[start][0])
    for inputs, targets in pairs:
        assert inputs.shape == (rows, length)
        np.testing.assert_array_equal(targets, inputs + 1)
        assert targets.max() < n
    for number in range(2):
        one_pass = np.concatenate([inputs for inputs, _ in pairs[number * steps : (number + 1) * steps]], axis=1)
        np.testing.assert_array_equal(np.diff(one_pass, axis=1), 1)  # each row is one stretch of the text
        assert len(np.unique(one_pass)) == one_pass.size  # and no two rows share a token


@pytest.mark.parametrize("cell", ["simple", "gru", "lstm"])
def test_carried_memory_equals_one_long_text(cell):
    model = recurrent(cell, rate=1e-12)  # it hardly learns, so that logits of two batches can be compared
    batches = [next(iter(stream(k))) for k in range(3)]
    losses = []
    for batch in batches:
        losses.append(float(model.train_step(batch)["loss"]))
        model.reset_metrics()
    whole = np.concatenate([inputs for inputs, _ in batches], axis=1)
    targets = np.concatenate([targets for _, targets in batches], axis=1)
    logits = model(tf.constant(whole))
    nats = keras.losses.sparse_categorical_crossentropy(targets, logits, from_logits=True)
    parts = [float(np.mean(nats[:, k * LENGTH : (k + 1) * LENGTH])) for k in range(3)]
    np.testing.assert_allclose(losses, parts, rtol=1e-4)


def test_a_forgetful_model_begins_anew():
    model = recurrent(forget=1.0, rate=1e-12)
    first = float(model.train_step(next(iter(stream())))["loss"])
    model.reset_metrics()
    assert float(model.train_step(next(iter(stream())))["loss"]) == pytest.approx(first, rel=1e-5)
    carried = recurrent(forget=0.0, rate=1e-12)
    carried.train_step(next(iter(stream())))
    carried.reset_metrics()
    assert float(carried.train_step(next(iter(stream())))["loss"]) != pytest.approx(first, rel=1e-5)


def test_a_resume_remembers(tmp_path):
    def fit(model, epochs, start=0, **kwargs):
        model.fit(stream(start * 10), epochs=epochs, steps_per_epoch=10, verbose=0, **kwargs)

    whole, stopped, again = (recurrent(forget=0.2, stride=5) for _ in range(3))
    fit(whole, 3)
    fit(stopped, 1, callbacks=[callbacks.Resume(tmp_path)])
    fit(again, 3, callbacks.Resume(tmp_path).restore(again))
    ours, theirs = again.get_state(), whole.get_state()
    for name in theirs:
        np.testing.assert_array_equal(ours[name], theirs[name], err_msg=name)


def test_a_saved_model_goes_on_with_its_memory(tmp_path):
    model = recurrent()
    model.train_step(next(iter(stream())))
    model.save(tmp_path / "m.keras")
    loaded = keras.saving.load_model(tmp_path / "m.keras", safe_mode=True)
    for ours, theirs in zip(loaded._memory, model._memory, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert np.abs(np.asarray(loaded._memory[0])).max() > 0


def test_wrong_streams_are_named():
    with pytest.raises(ValueError, match="reads 4 streams at once"):
        recurrent().train_step((tf.ones((3, 6), tf.int32), tf.ones((3, 6), tf.int32)))
    network = language.build_transformer(vocabulary_size=SIZE, context=8, depth=1, heads=2, width=8)
    with pytest.raises(ValueError, match="Received: context=8"):
        language.LanguageModel(network, TOKENIZER, streams=4)


def test_adapters_change_nothing_at_first_and_little_learns(tmp_path):
    model = transformer()
    tokens = tf.constant(CORPUS[:16].reshape(2, 8))
    before, frozen = model(tokens).numpy(), [v.numpy() for v in model.network.weights]
    learning = language.add_adapters(model.network, rank=2)
    assert learning == 2 * 2 * (4 * (8 + 8) + 2 * (8 + 32))  # two blocks, rank 2, six matrices
    np.testing.assert_allclose(model(tokens), before, atol=1e-6)
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    for _ in range(3):
        model.train_step((tokens[:, :-1], tokens[:, 1:]))
    assert np.abs(model(tokens) - before).max() > 1e-3
    moved = [v for v in model.network.weights if "lora" in v.path]
    kept = [v for v in model.network.weights if "lora" not in v.path]
    assert len(moved) == 2 * 2 * 6
    for variable, old in zip(kept, frozen, strict=True):
        np.testing.assert_array_equal(variable, old, err_msg=variable.path)
    written = model.generate(2, length=12, seed=4)
    model.save(tmp_path / "tuned.keras")
    merged = keras.saving.load_model(tmp_path / "tuned.keras", safe_mode=True)
    assert not merged.compiled  # an optimizer of adapters would not fit the merged matrices
    np.testing.assert_allclose(merged(tokens), model(tokens), atol=1e-5)
    assert merged.generate(2, length=12, seed=4) == written


def test_adapters_need_dense_layers_and_come_once():
    model = transformer()
    with pytest.raises(ValueError, match="Received: 0"):
        language.add_adapters(model.network, rank=0)
    language.add_adapters(model.network, rank=1)
    with pytest.raises(ValueError, match="has adapters already"):
        language.add_adapters(model.network, rank=1)
    with pytest.raises(ValueError, match="which has none"):
        language.add_adapters(recurrent().network)
