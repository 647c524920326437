"""Symbols per second of `LanguageModel.generate`, beside the loops that tutorials write text with.

    python benchmarks/text_generation.py [--rounds 5] [--seconds 1] [--parts tutorial lesson gpt words]

Every round times every contender of a part once, in turn; ratios are taken within the round, and their medians are
printed with the smallest and largest. Speed does not depend on what was learnt, so no network is trained. Both sides
have the same weights, which is checked; both include turning numbers into text. What is done once, tracing and
compiling, stays out of the rates and is printed beside them.

- "tutorial": a GRU of 1,024 units behind an embedding of 256. "a call per symbol" is the usual loop: a `tf.function`
  around Keras' own layers takes a symbol and a state, draws the next symbol, and Python calls it again and again.
- "lesson": the same two ways with the sizes of lesson 04.
- "gpt": a small transformer (4 layers, 4 heads, 128 wide, context 64) on characters, always taking the likeliest.
  "window, predict" computes the whole window again for each symbol with `model.predict`, "window, tf.function" does so
  in one compiled call. When the window is full, both keep its latter half, as `generate` does, and all must write the
  same text, well past the end of the first window.
- "words": the same transformer with 20,000 tokens.
"""

import argparse
import json
import statistics
import time

from gencourse import runtime  # first: it keeps TensorFlow's start-up lines away

# isort: split
import keras
import numpy as np
import tensorflow as tf
from common import ratios, time_in_turn
from keras import layers

from gencourse import data, language, recipes, text

START = "\n"
AT_ONCE = 64  # symbols that `generate` is asked for at least: two calls of its compiled loop
STRIDE = 8  # symbols that a contender is asked for at least
PROVEN = 110  # symbols that every way of decoding must agree on; the window of 64 is renewed twice
BATCH = 64


def usual_network(vocabulary_size, embedding_dim, units):
    """Keras' own layers: symbols (B, T) and a state (B, H) -> logits (B, T, V) and the state after them."""
    symbols, state = keras.Input((None,), dtype="int32"), keras.Input((units,))
    x = layers.Embedding(vocabulary_size, embedding_dim)(symbols)
    x, after = layers.GRU(units, return_sequences=True, return_state=True)(x, initial_state=state)
    return keras.Model([symbols, state], [layers.Dense(vocabulary_size)(x), after])


def call_per_symbol(network, units, tokenizer):
    """A contender: one call of a `tf.function` for each symbol, drawn with the model's own probabilities."""
    never = np.zeros(tokenizer.vocabulary_size, "float32")
    never[list(tokenizer.unwritten)] = float("-inf")

    @tf.function
    def next_symbol(symbol, state):
        logits, state = network([symbol, state])
        return tf.random.categorical(logits[:, -1] + never, 1, dtype=tf.int32), state

    def run(steps):
        symbol, state = tf.constant(tokenizer.encode(START)[None]), tf.zeros((1, units))
        written = []
        for _ in range(steps):
            symbol, state = next_symbol(symbol, state)
            written.append(symbol)
        tokenizer.decode(tf.concat(written, axis=1)[0].numpy())
        return steps

    return run


def generate(model, n=1, **options):
    """A contender: `generate`, `n` texts at once; it counts the symbols of all of them."""

    def run(steps):
        length = -(-steps // (n * AT_ONCE)) * AT_ONCE
        model.generate(n, length=length, **options)
        return n * length

    return run


def window_again(model, logits_of_window):
    """Greedy decoding that computes a whole window, padded to the context, for each symbol.

    Args:
        model: a `LanguageModel` with a context.
        logits_of_window: tokens (1, C) -> logits (1, C, V), an array.

    Returns:
        A function from a number of symbols to the text.
    """
    context = model.network.context

    def write(length):
        tokens = window = model.tokenizer.encode(START).tolist()
        for _ in range(length):
            if len(window) > context:  # the rule of `generate`: the latter half, and the symbol not read yet
                window = window[-(context // 2) - 1 :]
            padded = np.zeros((1, context), "int32")
            padded[0, : len(window)] = window
            logits = np.array(logits_of_window(padded)[0, len(window) - 1])
            logits[list(model.tokenizer.unwritten)] = float("-inf")
            chosen = int(logits.argmax())
            window, tokens = [*window, chosen], [*tokens, chosen]
        return model.tokenizer.decode(tokens[1:])

    return write


def once(run):
    """Seconds that the first call takes longer than the second: tracing and compiling."""
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        run(STRIDE)
        seconds.append(time.perf_counter() - began)
    return seconds[0] - seconds[1]


def compare(contenders, pairs, options, **facts):
    """Times one part: {what: rates, seconds done once, and the ratios of the named pairs}."""
    ready = {name: once(run) for name, run in contenders.items()}
    rates = time_in_turn(contenders, rounds=options.rounds, seconds=options.seconds, stride=STRIDE)
    return {
        **facts,
        "symbols_per_second": {name: statistics.median(found) for name, found in rates.items()},
        "seconds_once": ready,
        "ratios": {f"{name} against {against}": ratios(rates, name, against) for name, against in pairs},
    }


def recurrent(embedding_dim, units, options, *, batch=None):
    """The two ways with one GRU."""
    novel = data.load_austen().train
    tokenizer = text.CharacterTokenizer.train(novel)
    usual = usual_network(tokenizer.vocabulary_size, embedding_dim, units)
    network = language.build_recurrent(
        vocabulary_size=tokenizer.vocabulary_size, embedding_dim=embedding_dim, units=(units,)
    )
    network.set_weights(usual.get_weights())
    read = tokenizer.encode(novel[:200])[None]
    apart = np.abs(usual([read, np.zeros((1, units), "float32")])[0] - network(read)).max()
    if not apart < 1e-4:
        raise RuntimeError(f"With equal weights the logits must be equal. Received: a difference of {apart}.")
    model = language.LanguageModel(network, tokenizer, start=START)
    contenders = {"a call per symbol": call_per_symbol(usual, units, tokenizer), "generate": generate(model)}
    if batch:
        contenders[f"generate, {batch} texts"] = generate(model, batch)
    pairs = [(name, "a call per symbol") for name in contenders if name != "a call per symbol"]
    return compare(contenders, pairs, options, vocabulary_size=tokenizer.vocabulary_size, weights=usual.count_params())


def transformer(tokenizer, options):
    """Three ways with one transformer; raises a RuntimeError unless they write the same text."""
    p = recipes.get("gpt-char").parameters
    network = language.build_transformer(
        vocabulary_size=tokenizer.vocabulary_size,
        context=p["length"],
        **{name: p[name] for name in ("depth", "heads", "width", "positions", "tie")},
    )
    dice = np.random.default_rng(0)  # a fresh network says one symbol for ever; with weights like these it rambles
    for weight in network.trainable_variables:
        if len(weight.shape) > 1:
            weight.assign(dice.normal(0, p["width"] ** -0.5, weight.shape))
    model = language.LanguageModel(network, tokenizer, start=START)
    compiled = tf.function(network)
    ways = {
        "window, predict": window_again(model, lambda window: network.predict(window, verbose=0)),
        "window, tf.function": window_again(model, lambda window: compiled(tf.constant(window)).numpy()),
    }

    def counted(way):
        return lambda steps: way(steps) and steps

    contenders = {name: counted(way) for name, way in ways.items()}
    contenders["generate"] = generate(model, temperature=0)
    pairs = [("generate", name) for name in ways]
    facts = {"vocabulary_size": tokenizer.vocabulary_size, "weights": network.count_params()}
    found = compare(contenders, pairs, options, **facts)
    written = {name: way(PROVEN) for name, way in ways.items()}
    written["generate"] = model.generate(length=PROVEN, temperature=0)[0]
    if len(set(written.values())) > 1:
        raise RuntimeError(f"All ways of decoding must write the same text. Received: {written}.")
    return {**found, "equal_symbols": PROVEN, "different_among_them": len(set(written["generate"]))}


def tutorial(options):
    return recurrent(256, 1024, options, batch=BATCH)


def lesson(options):
    p = recipes.get("char-rnn").parameters
    (units,) = p["units"]
    return recurrent(p["embedding_dim"], units, options)


def gpt(options):
    return transformer(text.CharacterTokenizer.train(data.load_austen().train), options)


def words(options):
    symbols = "".join(chr(0x4E00 + i) for i in range(20_000 - 3))  # with a line break, padding and "unknown": 20,000
    return transformer(text.CharacterTokenizer(START + symbols), options)


PARTS = {"tutorial": tutorial, "lesson": lesson, "gpt": gpt, "words": words}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each contender in each round")
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--json", action="store_true", help="one line of JSON on stdout")
    options = parser.parse_args()

    result = {"machine": runtime.machine_words()}
    for name in options.parts:
        runtime.set_seed(0)
        result[name] = PARTS[name](options)
    if options.json:
        print(json.dumps(result))
        return
    print(result["machine"])
    for part in options.parts:
        found = result[part]
        print(f"\n{part}: {found['vocabulary_size']:,} symbols to choose from, {found['weights']:,} weights")
        for name, rate in found["symbols_per_second"].items():
            print(f"{name:24}{rate:10.0f} symbols/s, once {found['seconds_once'][name]:.1f} s")
        for name, ratio in found["ratios"].items():
            print(f"{name}: {ratio['ratio']:.1f} ({ratio['lowest']:.1f}–{ratio['highest']:.1f})")
        if "equal_symbols" in found:
            print(f"equal text: {found['equal_symbols']} symbols, {found['different_among_them']} different ones")


if __name__ == "__main__":
    main()
