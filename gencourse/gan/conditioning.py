"""How networks are told a class: label planes, embeddings, class-wise scales, projection, an auxiliary classifier."""

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable(package="gencourse")
class LabelPlanes(layers.Layer):
    """One channel for each class: all ones for the image's own class, all zeros for the others.

    Args:
        classes: K.
        height: H. width: W.

    Returns:
        From labels (B,) to float32 planes (B, H, W, K).
    """

    def __init__(self, classes: int, height: int, width: int, **kwargs):
        super().__init__(**kwargs)
        self.classes, self.height, self.width = classes, height, width

    def call(self, labels):
        one_hot = ops.one_hot(ops.cast(labels, "int32"), self.classes, dtype=self.compute_dtype)  # (B, K)
        planes = one_hot[:, None, None, :]
        return planes + ops.zeros((1, self.height, self.width, 1), self.compute_dtype)  # (B, H, W, K)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.height, self.width, self.classes)

    def compute_output_spec(self, labels):
        return keras.KerasTensor(self.compute_output_shape(labels.shape), self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "classes": self.classes, "height": self.height, "width": self.width}


@keras.saving.register_keras_serializable(package="gencourse")
class ClassScale(layers.Layer):
    """Scales and shifts each channel by numbers that are learnt for each class: x · scale[k] + shift[k].

    After a batch normalisation the two are called conditional batch normalisation.

    Args:
        classes: K.

    Returns:
        From [features (B, ..., C), labels (B,)] to features of the same shape.

    Reference:
        Dumoulin, Shlens and Kudlur, "A Learned Representation For Artistic Style", 2017.
    """

    def __init__(self, classes: int, **kwargs):
        super().__init__(**kwargs)
        self.classes = classes

    def build(self, input_shape):
        shape = (self.classes, input_shape[0][-1])
        self.scale = self.add_weight(shape=shape, initializer="ones", name="scale")
        self.shift = self.add_weight(shape=shape, initializer="zeros", name="shift")

    def call(self, inputs):
        features, labels = inputs
        one_hot = ops.one_hot(ops.cast(labels, "int32"), self.classes, dtype=self.compute_dtype)  # (B, K)
        among = (-1, *[1] * (len(features.shape) - 2), features.shape[-1])
        scale, shift = (ops.reshape(ops.matmul(one_hot, w), among) for w in (self.scale, self.shift))  # (B, 1, ..., C)
        return features * scale + shift

    def compute_output_shape(self, input_shape):
        return input_shape[0]

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(inputs[0].shape, self.compute_dtype)

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}


GENERATOR_CONDITIONINGS = ("embedding", "normalisation")


def condition_generator(
    generator: keras.Model, *, classes: int, conditioning: str = "embedding", embedding_dim: int = 16
) -> keras.Model:
    """Tells a generator the class it should draw, in one of two ways.

    Args:
        generator: model from inputs to samples: with "embedding" it reads (B, Z + embedding_dim), with
            "normalisation" (B, Z), and its layers must form a chain in which some normalise the batch.
        classes: K.
        conditioning: "embedding" puts a learnt vector of the class beside the latents; "normalisation" scales and
            shifts every channel by learnt numbers of the class after each batch normalisation.
        embedding_dim: numbers in the vector of a class; without effect on "normalisation".

    Returns:
        A model from [latents (B, Z), labels (B,)] to samples; its layers are those of the generator.

    Raises:
        ValueError: if the conditioning is unknown, or the network does not fit it.

    Reference:
        Mirza and Osindero, "Conditional Generative Adversarial Nets", 2014; Dumoulin, Shlens and Kudlur, "A Learned
        Representation For Artistic Style", 2017.
    """
    if conditioning not in GENERATOR_CONDITIONINGS:
        raise ValueError(f"`conditioning` must be one of {GENERATOR_CONDITIONINGS}. Received: {conditioning!r}.")
    read = generator.inputs[0].shape[-1]
    latent_dim = read - (embedding_dim if conditioning == "embedding" else 0)
    if latent_dim < 1:
        raise ValueError(
            f"The generator must read more than embedding_dim={embedding_dim} numbers. Received: one that reads {read}."
        )
    latents = keras.Input((latent_dim,), name="latents")
    labels = keras.Input((), dtype="int32", name="labels")
    if conditioning == "embedding":
        embedded = layers.Embedding(classes, embedding_dim, embeddings_initializer="random_normal")(labels)
        samples = generator(layers.Concatenate()([latents, embedded]))
    else:
        samples = _with_class_scales(generator, classes, latents, labels)
    return keras.Model([latents, labels], samples, name="conditional_generator")


def _with_class_scales(generator, classes, latents, labels):
    """The chain of the generator's layers, each batch normalisation followed by a scale and shift of the class."""
    x, before = latents, generator.inputs[0]
    normalising = 0
    for layer in generator.layers[1:]:
        if layer.input is not before:
            raise ValueError(
                f"The generator's layers must form a chain. Received: one that branches at {layer.name!r}."
            )
        before, x = layer.output, layer(x)
        if isinstance(layer, layers.BatchNormalization):
            x, normalising = ClassScale(classes)([x, labels]), normalising + 1
    if not normalising:
        raise ValueError("The generator must normalise the batch somewhere. Received: one that does not.")
    return x


CONDITIONINGS = ("planes", "projection", "auxiliary")


def condition_discriminator(
    discriminator: keras.Model, *, classes: int, conditioning: str = "projection"
) -> keras.Model:
    """Tells a discriminator the class it should judge by, in one of three ways.

    Args:
        discriminator: model from samples to logits (B, 1) whose last layer is Dense; "planes" needs one that reads
            (H, W, C + K).
        classes: K.
        conditioning: "planes" puts one channel for each class beside the image; "projection" adds the product of the
            last hidden layer and a learnt vector of the class to the logit; "auxiliary" does not tell the class, but
            asks for it, by a second output.

    Returns:
        A model from [samples, labels (B,)] to logits (B, 1); with "auxiliary" from samples to [logits (B, 1), class
        logits (B, K)].

    Raises:
        ValueError: if the conditioning is unknown, or the network does not fit it.

    Reference:
        Mirza and Osindero, "Conditional Generative Adversarial Nets", 2014; Miyato and Koyama, "cGANs with Projection
        Discriminator", 2018; Odena, Olah and Shlens, "Conditional Image Synthesis with Auxiliary Classifier GANs",
        2017.
    """
    if conditioning not in CONDITIONINGS:
        raise ValueError(f"`conditioning` must be one of {CONDITIONINGS}. Received: {conditioning!r}.")
    labels = keras.Input((), dtype="int32", name="labels")
    if conditioning == "planes":
        height, width, channels = discriminator.inputs[0].shape[1:]
        if channels <= classes:
            raise ValueError(
                f"With label planes the discriminator must read the image's channels and {classes} more. "
                f"Received: one that reads {channels} channels."
            )
        samples = keras.Input((height, width, channels - classes), name="samples")
        planes = LabelPlanes(classes, height, width)(labels)
        logits = discriminator(layers.Concatenate()([samples, planes]))
        return keras.Model([samples, labels], logits, name="conditional_discriminator")
    last = discriminator.layers[-1]
    if not isinstance(last, layers.Dense):
        raise ValueError(f"The discriminator's last layer must be Dense. Received: {type(last).__name__}.")
    samples, hidden = discriminator.inputs[0], last.input
    if conditioning == "auxiliary":
        named = layers.Dense(classes, dtype="float32", name="class_logits")(hidden)
        return keras.Model(samples, [discriminator.outputs[0], named], name="conditional_discriminator")
    direction = layers.Embedding(classes, hidden.shape[-1], embeddings_initializer="zeros")(labels)  # (B, D)
    agreement = layers.Dot(axes=-1, dtype="float32")([hidden, direction])  # (B, 1)
    logits = layers.Add(dtype="float32")([discriminator.outputs[0], agreement])
    return keras.Model([samples, labels], logits, name="conditional_discriminator")
