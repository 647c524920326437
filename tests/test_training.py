"""The tape step's parts: clipping, the running average, finite checks, state."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gencourse import training


def linear_network(weights=((3.0,), (4.0,)), name="line"):
    inputs = keras.Input((2,))
    network = keras.Model(inputs, keras.layers.Dense(1, use_bias=False)(inputs), name=name)
    network.set_weights([np.array(weights, "float32")])
    return network


def test_gradients_are_clipped_together():
    network = linear_network()
    gradient = tf.constant([[3.0], [4.0]])  # length 5
    norm = training.apply_gradients([gradient], network, keras.optimizers.SGD(1.0), clip_norm=1.0)
    assert float(norm) == pytest.approx(5.0)
    np.testing.assert_allclose(network.get_weights()[0], [[3.0 - 0.6], [4.0 - 0.8]], rtol=1e-6)


def test_short_gradients_are_not_stretched():
    network = linear_network()
    training.apply_gradients([tf.constant([[0.3], [0.4]])], network, keras.optimizers.SGD(1.0), clip_norm=1.0)
    np.testing.assert_allclose(network.get_weights()[0], [[2.7], [3.6]], rtol=1e-6)


def test_a_loss_that_does_not_reach_a_network_is_named():
    network = linear_network(name="generator")
    with pytest.raises(ValueError, match=r"does not reach .*'generator'.*predict"):
        training.apply_gradients([None], network, keras.optimizers.SGD(1.0))


def test_nan_gradient_moves_nothing():
    network = linear_network()
    with pytest.raises(tf.errors.InvalidArgumentError, match="line"):
        training.apply_gradients([tf.constant([[np.nan], [0.0]])], network, keras.optimizers.SGD(1.0))
    np.testing.assert_array_equal(network.get_weights()[0], [[3.0], [4.0]])


def test_average_arithmetic():
    average, source = linear_network(((1.0,), (1.0,))), linear_network(((3.0,), (5.0,)))
    training.update_average(average, source, 0.75)
    np.testing.assert_allclose(average.get_weights()[0], [[1.5], [2.0]])  # 0.75 * 1 + 0.25 * 3, and 0.25 * 5
    training.update_average(average, source, 0.0)
    np.testing.assert_allclose(average.get_weights()[0], source.get_weights()[0])


def test_average_copies_statistics_that_are_averages_already():
    def network():
        inputs = keras.Input((2,))
        return keras.Model(inputs, keras.layers.BatchNormalization()(inputs))

    average, source = network(), network()
    source.set_weights([w + 7.0 for w in source.get_weights()])
    training.update_average(average, source, 0.5)
    gamma, beta, mean, variance = average.get_weights()
    np.testing.assert_allclose([gamma[0], beta[0], mean[0], variance[0]], [4.5, 3.5, 7.0, 8.0])
