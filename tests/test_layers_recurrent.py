"""The recurrent layers: equal to Keras' own in values and gradients, and usable one symbol at a time."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gencourse.layers import GRU, LSTM, SimpleRNN

PAIRS = [
    pytest.param(SimpleRNN, keras.layers.SimpleRNN, id="simple"),
    pytest.param(GRU, keras.layers.GRU, id="gru"),
    pytest.param(LSTM, keras.layers.LSTM, id="lstm"),
]


def twins(ours, theirs, *, units=5, features=3, seed=0):
    """Our layer and Keras' one with equal random weights (biases too), and Keras' as a function like ours."""
    layer = ours(units)
    reference = theirs(units, return_sequences=True, return_state=True)
    layer.build((None, None, features))
    reference.build((None, None, features))
    rng = np.random.default_rng(seed)
    weights = [rng.normal(scale=0.5, size=w.shape).astype("float32") for w in reference.get_weights()]
    layer.set_weights(weights)
    reference.set_weights(weights)
    return layer, reference


def examples(*, batch=4, steps=7, features=3, units=5, states=1, seed=1):
    rng = np.random.default_rng(seed)
    x = tf.constant(rng.normal(size=(batch, steps, features)), "float32")
    return x, tuple(tf.constant(rng.normal(size=(batch, units)), "float32") for _ in range(states))


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("given", [True, False])
def test_values_equal_keras(ours, theirs, given):
    layer, reference = twins(ours, theirs)
    x, state = examples(states=ours.states)
    sequence, last = layer(x, initial_state=state if given else None)
    wanted, *wanted_last = reference(x, initial_state=list(state) if given else None)
    np.testing.assert_allclose(sequence, wanted, atol=1e-6)
    for a, b in zip(last, wanted_last, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize(("ours", "theirs"), PAIRS)
@pytest.mark.parametrize("graph", [True, False])
def test_gradients_equal_keras(ours, theirs, graph):
    layer, reference = twins(ours, theirs)
    x, state = examples(states=ours.states)
    rng = np.random.default_rng(2)
    weigh = tf.constant(rng.normal(size=(4, 7, 5)), "float32")
    weigh_last = [tf.constant(rng.normal(size=(4, 5)), "float32") for _ in range(ours.states)]

    def gradients(call, weights):
        with tf.GradientTape() as tape:
            tape.watch([x, *state])
            sequence, last = call()
            loss = tf.reduce_sum(sequence * weigh) + sum(
                tf.reduce_sum(a * b) for a, b in zip(last, weigh_last, strict=True)
            )
        return tape.gradient(loss, [x, *state, *[w.value for w in weights]])

    def keras_call():
        sequence, *last = reference(x, initial_state=list(state))
        return sequence, last

    def our_gradients():
        return gradients(lambda: layer(x, initial_state=state), layer.trainable_weights)

    found = tf.function(our_gradients)() if graph else our_gradients()
    wanted = gradients(keras_call, reference.trainable_weights)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-5)


@pytest.mark.parametrize("ours", [GRU, LSTM])
def test_symbol_by_symbol_equals_all_at_once(ours):
    layer, x = ours(5), examples()[0]
    sequence, last = layer(x)
    state, parts = None, []
    for t in range(x.shape[1]):
        part, state = layer(x[:, t : t + 1], initial_state=state)
        parts.append(part)
    np.testing.assert_allclose(np.concatenate(parts, axis=1), sequence, atol=1e-6)
    np.testing.assert_allclose(state[0], last[0], atol=1e-6)


@pytest.mark.parametrize("ours", [GRU, LSTM])
def test_nothing_is_seen_before_its_time(ours):
    layer, x = ours(5), examples()[0].numpy()
    before = layer(x)[0].numpy()
    x[:, 4:] += 1.0
    after = layer(x)[0].numpy()
    np.testing.assert_array_equal(before[:, :4], after[:, :4])
    assert np.abs(before[:, 4:] - after[:, 4:]).min() > 0


@pytest.mark.parametrize("ours", [GRU, LSTM])
def test_in_a_functional_model_saved_and_loaded(ours, tmp_path):
    inputs = keras.Input((None,), dtype="int32")
    sequence, state = ours(6)(keras.layers.Embedding(9, 4)(inputs))
    model = keras.Model(inputs, [keras.layers.Dense(9)(sequence), *state])
    assert model.output_shape[0] == (None, None, 9)
    symbols = np.random.default_rng(0).integers(0, 9, (2, 5))
    wanted = model.predict(symbols, verbose=0)
    model.save(tmp_path / "model.keras")
    found = keras.models.load_model(tmp_path / "model.keras").predict(symbols, verbose=0)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a, b)


def test_forget_gates_begin_open():
    layer = LSTM(4)
    layer.build((None, None, 3))
    np.testing.assert_array_equal(layer.bias, [0] * 4 + [1] * 4 + [0] * 8)


@pytest.mark.parametrize("ours", [GRU, LSTM])
def test_errors(ours):
    with pytest.raises(ValueError, match="Received: 0"):
        ours(0)
    with pytest.raises(ValueError, match=r"Received: 3"):
        ours(5)(examples()[0], initial_state=examples(states=3)[1])
