"""Drawing codes one after the other, inside one compiled graph."""

import tensorflow as tf

from gencourse import sampling


def draw(prior, codes, known, labels, guidance, temperature, seed, first, *, twice: bool, greedy: bool, top_k):
    """Draws the codes of maps in raster order; what is known is kept.

    Args:
        prior: a `CodePrior`.
        codes: (B, H·W), whole numbers, of which the first `known` are given.
        known: how many.
        labels: (B,), or None.
        guidance: how far to go from the logits without a class towards those with it.
        temperature: logits are divided by it, above 0.
        seed: of the draws.
        first: number of the first of these maps among all that this seed draws.
        twice: ask the network with the class and without, as guidance needs; else with the class alone.
        greedy: take the likeliest code instead.
        top_k: draw among so many of the likeliest; None among all.

    Returns:
        int32 (B, H·W).
    """
    places = codes.shape[1]
    if twice:
        labels = tf.concat([labels, tf.fill(tf.shape(labels), prior.classes)], axis=0)

    def choose(logits, place):
        if greedy:
            return sampling.greedy(logits)
        logits = sampling.with_temperature(logits, temperature)
        if top_k is not None:
            logits = sampling.keep_top_k(logits, top_k)
        return sampling.draw(logits, tf.stack([seed, first * places + place]))

    def step(place, memory, drawn):
        logits, memory = prior.read(place, memory, labels)
        if twice:
            told, untold = tf.split(logits, 2)
            logits = untold + guidance * (told - untold)
        chosen = tf.where(place < known, codes[:, place], choose(logits, place))
        written = tf.concat([chosen, chosen], axis=0) if twice else chosen
        return place + 1, prior.write(place, written, memory), drawn.write(place, chosen)

    _, _, drawn = tf.while_loop(
        lambda place, *_: place < places,
        step,
        (
            0,
            prior.begin(tf.shape(codes)[0] * (2 if twice else 1)),
            tf.TensorArray(tf.int32, places, element_shape=(None,)),
        ),
        maximum_iterations=places,
    )
    return tf.transpose(drawn.stack())  # (H·W, B) -> (B, H·W)
