"""The base of every generative model: optimizers by role, `fit` that goes on, state that can be resumed."""

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from .step import NonFiniteError, nonfinite_tag


class _Journal(keras.callbacks.Callback):
    """Adds each finished epoch to the model's own history, which outlives one call of `fit`."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.epochs_done = epoch + 1
        for name, value in (logs or {}).items():
            self.model.training_history.setdefault(name, []).append(float(value))


class _FiniteLosses(keras.callbacks.Callback):
    """Stops at a loss that is no number: XLA leaves the check of gradients out of what it compiles."""

    def on_train_batch_end(self, batch, logs=None):
        for name, value in (logs or {}).items():
            if not np.isfinite(float(value)):
                step = int(ops.convert_to_numpy(getattr(self.model, self.model.optimizer_roles[0]).iterations))
                raise NonFiniteError(
                    f"Training stopped by step {step}: the mean of {name!r} since the epoch began is {float(value)}. "
                    "With jit_compile=True weights may be lost. Try a smaller learning rate or clip_norm=1.0."
                )


class TapeModel(keras.Model):
    """Base of every generative model here: a `keras.Model` with several networks and an optimizer for each.

    A family subclasses it and writes `train_step`, `generate`, `call`, and `settings`. What it gets:

    - `fit` goes on where the last `fit` stopped: `epochs` counts from the beginning of the model's life, as Keras'
      own `initial_epoch` does, so running a cell again after an interruption finishes the work and no more;
    - a NaN or an infinity stops `fit` with a `NonFiniteError`;
    - saving and loading, from the names in `parts` and the numbers in `settings`;
    - `get_state`/`set_state` hold every weight, seed and optimizer variable, for a resume that is exact.

    Args:
        seed: seed of the model's own random numbers (latents, noise).
    """

    #: names of the optimizers, which are also arguments of `compile`; set by each family
    optimizer_roles: tuple[str, ...] = ()
    #: arguments of the constructor that are networks or layers; set by each family
    parts: tuple[str, ...] = ()
    #: K, the number of classes that the model is told; None for none
    classes: int | None = None

    def __init__(self, *, seed: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        self.epochs_done = 0
        self.training_history = {}
        self.built = True

    def networks(self) -> dict[str, keras.Model]:
        """Returns the network that each optimizer role trains: `{"generator_optimizer": ..., ...}`."""
        raise NotImplementedError

    def sampling_networks(self) -> dict[str, keras.Model]:
        """Returns the networks that `generate` needs, by name: what a checkpoint keeps."""
        raise NotImplementedError

    def settings(self) -> dict:
        """Returns the constructor's other arguments, but for `seed`, by name: plain values."""
        raise NotImplementedError

    def get_config(self):
        kept = {name: getattr(self, name) for name in self.parts}
        kept = {name: part and keras.saving.serialize_keras_object(part) for name, part in kept.items()}
        return {**kept, **self.settings(), "seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config):
        kept = {name: config[name] and keras.saving.deserialize_keras_object(config[name]) for name in cls.parts}
        return cls(**{**config, **kept})

    def build(self, input_shape=None):
        self.built = True  # the networks come built

    def check_batch(self, samples, shape) -> None:
        """Raises a ValueError unless each of `samples` (B, ...) has this shape, a network's own without the batch."""
        shape = tuple(shape)
        if tuple(samples.shape[1:]) != shape:
            raise ValueError(
                f"Expected samples of shape (B, {', '.join(map(str, shape))}). "
                f"Received: a batch of shape {tuple(samples.shape)}."
            )

    def latents_for(self, n: int, shape, *, seed: int, latents=None):
        """Returns the latents of `n` samples, (n, *shape): those given, or standard normal ones from the seed.

        Raises:
            ValueError: if `n` is below 1, or the given ones have another shape.
        """
        if n < 1:
            raise ValueError(f"`n` must be at least 1. Received: {n}.")
        wanted = (n, *shape)
        if latents is None:
            return keras.random.normal(wanted, seed=seed)
        if tuple(latents.shape) != wanted:
            raise ValueError(f"`latents` must have shape {wanted}. Received: latents of shape {tuple(latents.shape)}.")
        return latents

    def labels_for(self, n: int, labels, *, needed: bool = False) -> np.ndarray | None:
        """Returns the classes of `n` samples, int32 (n,): those given, one for all, or by default 0, 1, 2, … in turn.

        Args:
            n: how many.
            labels: whole numbers (n,), one, or None.
            needed: refuse None, where something depends on the right class.

        Returns:
            The labels; None for a model that knows no classes.

        Raises:
            ValueError: if they do not fit, or the model knows no classes.
        """
        if self.classes is None:
            if labels is not None:
                raise ValueError(f"This model knows no classes. Received: labels of shape {np.shape(labels)}.")
            return None
        if labels is None:
            if needed:
                raise ValueError("What is asked depends on the class of each. Received: labels=None.")
            labels = np.arange(n) % self.classes
        labels = np.asarray(labels)
        labels = np.full(n, labels) if labels.ndim == 0 else labels
        if labels.dtype.kind not in "iu" or labels.shape != (n,) or labels.min() < 0 or labels.max() >= self.classes:
            raise ValueError(
                f"`labels` must be {n} whole numbers from 0 to {self.classes - 1}. Received: {labels.dtype} of shape "
                f"{labels.shape}: {labels.ravel()[:5].tolist()} …"
            )
        return labels.astype("int32")

    def generate(self, n: int, *, seed: int = 0):
        """Returns `n` samples as a NumPy array; the same seed gives the same samples."""
        raise NotImplementedError

    def compile(self, *, steps_per_execution: int = 1, jit_compile: bool = False, **optimizers):
        """Takes one optimizer per role.

        Args:
            steps_per_execution: training steps in one call of the compiled function; more saves Python's time on
                small networks, and callbacks then see every so many steps.
            jit_compile: XLA; on a CPU it slows convolutions and helps small transformers.
            **optimizers: one Keras optimizer (or its name) per role in `optimizer_roles`.

        Raises:
            TypeError: if a role is missing or unknown.
            ValueError: if two roles share one optimizer.
        """
        if set(optimizers) != set(self.optimizer_roles):
            raise TypeError(
                f"{type(self).__name__}.compile() needs the optimizers {list(self.optimizer_roles)}. "
                f"Received: {sorted(optimizers)}."
            )
        if len({id(o) for o in optimizers.values() if not isinstance(o, str)}) < sum(
            not isinstance(o, str) for o in optimizers.values()
        ):
            raise ValueError(
                "Each network needs an optimizer of its own: an optimizer keeps momenta for one set of weights. "
                f"Received: the same object for {sorted(optimizers)}."
            )
        super().compile(optimizer=None, steps_per_execution=steps_per_execution, jit_compile=jit_compile)
        networks = self.networks()
        for role, optimizer in optimizers.items():
            optimizer = keras.optimizers.get(optimizer)
            if keras.mixed_precision.dtype_policy().name == "mixed_float16" and not isinstance(
                optimizer, keras.optimizers.LossScaleOptimizer
            ):
                optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
            optimizer.build(networks[role].trainable_variables)
            setattr(self, role, optimizer)
        #: the rates that a schedule multiplies: what each optimizer was given
        self.base_learning_rates = {role: float(getattr(self, role).learning_rate) for role in self.optimizer_roles}
        self._compile_settings = {"steps_per_execution": steps_per_execution, "jit_compile": jit_compile}

    def get_compile_config(self):
        if not self.compiled:
            return None
        optimizers = {role: keras.saving.serialize_keras_object(getattr(self, role)) for role in self.optimizer_roles}
        return {**self._compile_settings, **optimizers}

    def compile_from_config(self, config):
        roles = {role: keras.saving.deserialize_keras_object(config[role]) for role in self.optimizer_roles}
        self.compile(steps_per_execution=config["steps_per_execution"], jit_compile=config["jit_compile"], **roles)

    def fit(self, x=None, *, epochs: int = 1, initial_epoch: int | None = None, callbacks=None, **kwargs):
        """Trains until the model has seen `epochs` epochs in all, then returns the `History` of this call.

        Args:
            x: a `tf.data.Dataset`; an endless one needs `steps_per_epoch`.
            epochs: epochs in the model's life, counting those it has behind it.
            initial_epoch: epochs behind it; by default what the model itself has counted.
            callbacks: a list of Keras callbacks.
            **kwargs: as in `keras.Model.fit`.

        Raises:
            NonFiniteError: at the first NaN or infinity in a gradient (not in float16, whose loss scale overflows on
                purpose and skips such steps); with `jit_compile`, at the first in a loss.
            ValueError: if `steps_per_epoch` is no multiple of the compiled `steps_per_execution`.
        """
        steps, stride = kwargs.get("steps_per_epoch"), self.steps_per_execution
        if steps is not None and steps % stride:
            raise ValueError(
                "`steps_per_epoch` must be a multiple of the compiled steps_per_execution, so that an epoch ends where "
                f"it should. Received: steps_per_epoch={steps}, steps_per_execution={stride}."
            )
        first = self.epochs_done if initial_epoch is None else initial_epoch
        self.epochs_done = first
        kwargs.setdefault("shuffle", False)  # a dataset shuffles itself; Keras warns about its own default
        watchers = [_Journal(), *([_FiniteLosses()] if self.jit_compile else []), *(callbacks or [])]
        try:
            return super().fit(x, epochs=epochs, initial_epoch=first, callbacks=watchers, **kwargs)
        except tf.errors.InvalidArgumentError as error:
            raise self._explained(error) from None

    def _explained(self, error: tf.errors.InvalidArgumentError) -> Exception:
        """The same error, or a sentence when it is the finite check that failed."""
        for network in self.networks().values():
            if nonfinite_tag(network.name) in error.message:
                step = int(ops.convert_to_numpy(getattr(self, self.optimizer_roles[0]).iterations)) + 1
                what = "an infinity" if "Inf" in error.message and "NaN" not in error.message else "a NaN"
                return NonFiniteError(
                    f"Training stopped at step {step}: the gradient of network {network.name!r} holds {what}. Its "
                    "weights are still those of the step before. Try a smaller learning rate, clip_norm=1.0, or look "
                    "for a logarithm or a division of zero in the loss."
                )
        return error

    def get_state(self) -> dict[str, np.ndarray]:
        """Returns all that training changes, as arrays by name: weights, EMA, seeds, optimizers, epochs, history."""
        if not self.compiled:
            raise ValueError(f"Compile the {type(self).__name__} first: the optimizers are part of its state.")
        state = {f"model/{i:04d}": ops.convert_to_numpy(v) for i, v in enumerate(self._kept_variables())}
        for role in self.optimizer_roles:
            for i, variable in enumerate(getattr(self, role).variables):
                state[f"{role}/{i:04d}"] = ops.convert_to_numpy(variable)
        state["epochs_done"] = np.asarray(self.epochs_done)
        for name, values in self.training_history.items():
            state[f"history/{name}"] = np.asarray(values, "float64")
        return state

    def set_state(self, state: dict[str, np.ndarray]) -> None:
        """Puts back what `get_state` returned.

        Args:
            state: arrays by name, from a model built and compiled in the same way.

        Raises:
            ValueError: if a name or a shape does not fit; nothing is changed then.
        """
        targets = {f"model/{i:04d}": v for i, v in enumerate(self._kept_variables())}
        for role in self.optimizer_roles:
            targets |= {f"{role}/{i:04d}": v for i, v in enumerate(getattr(self, role).variables)}
        found = {k: v.shape for k, v in state.items() if not k.startswith("history/") and k != "epochs_done"}
        wanted = {k: tuple(v.shape) for k, v in targets.items()}
        if found != wanted:
            different = sorted(k for k in found | wanted if found.get(k) != wanted.get(k))
            raise ValueError(
                f"The state was made by another model: {len(different)} of its arrays do not fit. First: "
                f"{different[0]}, expected shape {wanted.get(different[0])}. Received: {found.get(different[0])}."
            )
        for name, variable in targets.items():
            variable.assign(state[name])
        self.epochs_done = int(state["epochs_done"])
        self.training_history = {
            name.removeprefix("history/"): values.tolist()
            for name, values in state.items()
            if name.startswith("history/")
        }

    def _kept_variables(self):
        """Weights and seeds in a fixed order; metrics begin anew at each epoch, so they are left out."""
        metrics = {id(v) for metric in self.metrics for v in metric.variables}
        return [v for v in self.variables if id(v) not in metrics]
