"""Lesson 01, as learners met it: answers that deserve a better sentence. The rest stands in test_exercises.py."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from answers import fails, passes

from gencourse.exercises import hint

cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
SURE = 1 / (1 + np.exp(4))


@pytest.fixture(autouse=True)
def progress_file(tmp_path, monkeypatch):
    monkeypatch.setenv("GENCOURSE_PROGRESS", str(tmp_path / "progress.json"))


@pytest.mark.parametrize(
    "answer",
    [
        np.array([SURE, 1 - SURE]),
        tf.constant([SURE, 1 - SURE]),
        [tf.sigmoid(-4.0), 1 - tf.sigmoid(-4.0)],
        (0.018, 0.98),
    ],
)
def test_01_1_slopes_of_many_kinds(answer):
    passes("01.1", answer)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ((0.0, 1.0), "a picture cannot show that"),
        ((0.02, 0.98), "two digits or more"),
        ((1.8, 98.2), "percent"),
        ((SURE * (1 - SURE),) * 2, "sigmoid alone"),
        ((0.0025, 0.9975), "that is not 0.0025."),
    ],
)
def test_01_1_slopes_that_are_not_right(answer, word):
    fails("01.1", answer, word)


def test_01_1_the_first_hint_does_not_give_the_answer():
    first = str(hint("01.1"))
    assert "1/u" in first
    assert "1 - σ(a)," not in first


def test_01_2_an_optimizer_made_anew():
    def generator_step(generator, discriminator, optimizer, latents):
        optimizer = keras.optimizers.Adam(1e-3)
        with tf.GradientTape() as tape:
            logits = discriminator(generator(latents))
            loss = cross_entropy(tf.ones_like(logits), logits)
        gradients = tape.gradient(loss, generator.trainable_variables)
        optimizer.apply_gradients(zip(gradients, generator.trainable_variables, strict=True))

    fails("01.2", generator_step, "forgets what it has averaged")


def loss_d(real_logits, generated_logits):
    return tf.reduce_mean(tf.nn.softplus(-real_logits)) + tf.reduce_mean(tf.nn.softplus(generated_logits))


def test_01_5_logits_taken_for_probabilities():
    def generator_loss(generated_logits):
        return keras.losses.BinaryCrossentropy()(tf.ones_like(generated_logits), generated_logits)

    fails("01.5", (loss_d, generator_loss), "for probabilities")


def test_01_5_only_one_of_the_two_mended():
    def generator_loss(generated_logits):
        return tf.reduce_mean(tf.math.log(tf.sigmoid(generated_logits)))

    fails("01.5", (loss_d, generator_loss), "its sign is turned")
