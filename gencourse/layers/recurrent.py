"""Recurrent layers whose training step costs a CPU about half of the usual one: same weights, same numbers."""

import keras
import tensorflow as tf
from keras import layers


class _Recurrent(layers.Layer):
    """Base of the three: what does not depend on the symbol before is done in one matrix product for all T.

    Before the loop all inputs are multiplied by their kernel at once. After the loop backwards, so is what the
    recurrent kernel is due: automatic differentiation would add up T matrices of that kernel's size, one per step.
    Inside the loops there is left what must wait for its neighbour: one small product each way.

    Weights have the names, shapes and order of Keras' layer of the same name: `set_weights` takes the one's for the
    other.

    Args:
        units: width of the state, H.
    """

    #: gates, each as wide as the state; tensors in the state; tensors that a step keeps for the way back
    gates, states, kept = 0, 0, 0

    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        if units < 1:
            raise ValueError(f"`units` must be at least 1. Received: {units}.")
        self.units = units

    def build(self, x_shape, initial_state_shape=None):
        width = self.gates * self.units
        self.kernel = self.add_weight((x_shape[-1], width), "glorot_uniform", name="kernel")
        self.recurrent_kernel = self.add_weight((self.units, width), "orthogonal", name="recurrent_kernel")
        self.add_biases()

    def call(self, x, initial_state=None):
        """Reads inputs in order.

        Args:
            x: shape (B, T, D); T may be 1.
            initial_state: the state that an earlier call returned; by default zeros.

        Returns:
            Its output after each input, shape (B, T, H), and its state after the last one: a tuple of tensors of
            shape (B, H).
        """
        if x.shape[1] == 1 and initial_state is not None:  # one step of a text under way: no loop to set up
            recurrent = tf.matmul(initial_state[0], self.recurrent_kernel) + self.recurrent_bias()
            projected = tf.matmul(x[:, 0], self.kernel) + self.input_bias()
            state, _ = self.step(projected, recurrent, tuple(initial_state))
            return state[0][:, None], state
        x = tf.transpose(tf.convert_to_tensor(x), (1, 0, 2))  # (B, T, D) -> (T, B, D)
        projected = tf.tensordot(x, self.kernel, 1) + self.input_bias()  # (T, B, gates·H)
        if initial_state is None:
            initial_state = (tf.zeros((tf.shape(x)[1], self.units), x.dtype),) * self.states
        if len(initial_state) != self.states:
            raise ValueError(f"Expected a state of {self.states} tensors. Received: {len(initial_state)}.")
        sequence, *state = self._run(
            projected, tf.convert_to_tensor(self.recurrent_kernel), self.recurrent_bias(), *initial_state
        )
        return tf.transpose(sequence, (1, 0, 2)), tuple(state)

    def compute_output_shape(self, x_shape, initial_state_shape=None):
        return (*x_shape[:-1], self.units), ((x_shape[0], self.units),) * self.states

    @tf.custom_gradient
    def _run(self, projected, kernel, bias, *first_state):
        """All T steps: (T, B, gates·H) -> (T, B, H) and the last state; and the way back through them."""
        steps, dtype = tf.shape(projected)[0], projected.dtype
        batch = projected.shape[1]

        def array(width):
            return tf.TensorArray(dtype, steps, clear_after_read=False, element_shape=(batch, width))

        def read(tensor):
            return tf.TensorArray(dtype, steps, clear_after_read=False).unstack(tensor)

        inputs = read(projected)

        def forward(t, state, outputs, kept):
            recurrent = tf.matmul(state[0], kernel) + bias
            state, new = self.step(inputs.read(t), recurrent, state)
            return (
                t + 1,
                state,
                outputs.write(t, state[0]),
                tuple(k.write(t, n) for k, n in zip(kept, new, strict=True)),
            )

        start = (0, tuple(first_state), array(self.units), tuple(array(self.units) for _ in range(self.kept)))
        _, last_state, outputs, kept = tf.while_loop(lambda t, *_: t < steps, forward, start, maximum_iterations=steps)
        sequence = outputs.stack()

        def gradient(d_sequence, *d_last_state):
            before = tf.concat([first_state[0][None], sequence[:-1]], axis=0)  # the state that each step began with
            d_outputs, begun_with, transposed = read(d_sequence), read(before), tf.transpose(kernel)

            def backward(t, d_state, d_inputs, d_recurrents):
                d_state = (d_state[0] + d_outputs.read(t), *d_state[1:])
                d_input, d_recurrent, d_state = self.step_back(d_state, begun_with.read(t), [k.read(t) for k in kept])
                d_state = (d_state[0] + tf.matmul(d_recurrent, transposed), *d_state[1:])
                return t - 1, d_state, d_inputs.write(t, d_input), d_recurrents.write(t, d_recurrent)

            width = self.gates * self.units
            start = (steps - 1, tuple(d_last_state), array(width), array(width))
            _, d_first, d_inputs, d_recurrents = tf.while_loop(
                lambda t, *_: t >= 0, backward, start, maximum_iterations=steps
            )
            d_recurrents = tf.reshape(d_recurrents.stack(), (-1, width))
            d_kernel = tf.matmul(tf.reshape(before, (-1, self.units)), d_recurrents, transpose_a=True)
            return d_inputs.stack(), d_kernel, tf.reduce_sum(d_recurrents, axis=0), *d_first

        return (sequence, *last_state), gradient

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable(package="gencourse")
class SimpleRNN(_Recurrent):
    """Elman's network, in the form of `keras.layers.SimpleRNN`: the new state is h' = tanh(W x + U h + b).

    Args:
        units: width of the state, H.

    Reference:
        Elman, "Finding Structure in Time", 1990.
    """

    gates, states, kept = 1, 1, 1

    def add_biases(self):
        self.bias = self.add_weight((self.units,), "zeros", name="bias")

    def input_bias(self):
        return self.bias

    def recurrent_bias(self):
        return tf.zeros((self.units,), self.compute_dtype)  # W x has it already

    def step(self, projected, recurrent, state):
        """One symbol: from W x + b (B, H), U h (B, H) and (h,) to the new state and what the way back needs."""
        h = tf.tanh(projected + recurrent)
        return (h,), (h,)

    def step_back(self, d_state, h, kept):
        """The same step backwards: to the gradients by W x, by U h, and by h as far as it did not pass through U h."""
        d = d_state[0] * (1 - kept[0] * kept[0])
        return d, d, (tf.zeros_like(d),)


@keras.saving.register_keras_serializable(package="gencourse")
class GRU(_Recurrent):
    """Gated recurrent unit: an update gate z and a reset gate r, in the form of `keras.layers.GRU`.

    z = σ(Wz x + Uz h), r = σ(Wr x + Ur h), c = tanh(Wc x + r · (Uc h)), and the new state is z · h + (1 − z) · c.

    Args:
        units: width of the state, H.

    Reference:
        Cho et al., "Learning Phrase Representations using RNN Encoder–Decoder", 2014.
    """

    gates, states, kept = 3, 1, 4

    def add_biases(self):
        self.bias = self.add_weight((2, 3 * self.units), "zeros", name="bias")

    def input_bias(self):
        return self.bias[0]

    def recurrent_bias(self):
        return self.bias[1]

    def step(self, projected, recurrent, state):
        """One symbol: from W x (B, 3·H), U h (B, 3·H) and (h,) to the new state and what the way back needs."""
        (h,) = state
        xz, xr, xc = tf.split(projected, 3, axis=-1)
        hz, hr, hc = tf.split(recurrent, 3, axis=-1)
        z, r = tf.sigmoid(xz + hz), tf.sigmoid(xr + hr)
        c = tf.tanh(xc + r * hc)
        return (c + z * (h - c),), (z, r, c, hc)

    def step_back(self, d_state, h, kept):
        """The same step backwards: to the gradients by W x, by U h, and by h as far as it did not pass through U h."""
        (d,) = d_state
        z, r, c, hc = kept
        d_c = d * (1 - z) * (1 - c * c)
        d_z = d * (h - c) * z * (1 - z)
        d_r = d_c * hc * r * (1 - r)
        return tf.concat([d_z, d_r, d_c], -1), tf.concat([d_z, d_r, d_c * r], -1), (d * z,)


@keras.saving.register_keras_serializable(package="gencourse")
class LSTM(_Recurrent):
    """Long short-term memory: gates i, f, o and a cell that is only scaled and added to, as `keras.layers.LSTM`.

    c' = f · c + i · tanh(g) and h' = o · tanh(c'), where i, f, g, o come from W x + U h. Forget gates begin open.

    Args:
        units: width of the state, H; it is a tuple of two, (h, c).

    Reference:
        Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997.
    """

    gates, states, kept = 4, 2, 6

    def add_biases(self):
        def begin(shape, dtype=None):
            forget = (tf.range(shape[0]) // self.units) == 1
            return tf.cast(forget, dtype or "float32")

        self.bias = self.add_weight((4 * self.units,), begin, name="bias")

    def input_bias(self):
        return self.bias

    def recurrent_bias(self):
        return tf.zeros((4 * self.units,), self.compute_dtype)  # W x has it already

    def step(self, projected, recurrent, state):
        """One symbol: from W x (B, 4·H), U h (B, 4·H) and (h, c) to the new state and what the way back needs."""
        i, f, g, o = tf.split(projected + recurrent, 4, axis=-1)
        i, f, g, o = tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)
        c = f * state[1] + i * g
        squashed = tf.tanh(c)
        return (o * squashed, c), (i, f, g, o, squashed, state[1])

    def step_back(self, d_state, h, kept):
        """The same step backwards: to the gradients by W x, by U h, and by (h, c) as far as not through U h."""
        d_h, d_c = d_state
        i, f, g, o, squashed, c = kept
        d_c = d_c + d_h * o * (1 - squashed * squashed)
        d_i, d_f, d_g = d_c * g * i * (1 - i), d_c * c * f * (1 - f), d_c * i * (1 - g * g)
        d = tf.concat([d_i, d_f, d_g, d_h * squashed * o * (1 - o)], -1)
        return d, d, (tf.zeros_like(d_h), d_c * f)
