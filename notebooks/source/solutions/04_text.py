# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to lesson 04
#
# Try first: a check that says *not yet* tells you why, and `hint("04.2")` helps in stages. Other answers than these are
# right, too. At the end the planted bugs are put to work, so that you can see what they do.

# %% tags=["setup"]
# On Colab this installs the course and replaces nothing that is there; elsewhere it is there already.
import importlib.util
import subprocess
import sys

KEEP_ON_DRIVE = False  # on Colab, True keeps the folder work/ in your Google Drive

if importlib.util.find_spec("gencourse") is None:
    course = "gencourse @ git+https://github.com/gencourse/gencourse@main"
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", course], check=True)
    importlib.invalidate_caches()

from gencourse import runtime

print(runtime.start(keep_on_drive=KEEP_ON_DRIVE))

# %%
import keras
import numpy as np
import tensorflow as tf

from gencourse import data, language, text
from gencourse.exercises import check

runtime.set_seed(1)


def expect_right(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


# %% [markdown]
# ## 04.1 Bits of a token, bits of a character
#
# Surprises add up; then they are shared out, among four tokens or among eight characters.

# %%
p = np.array([1 / 4, 1 / 32, 1 / 2, 1 / 16])
bits = -np.log2(p)
bits_per_token = bits.sum() / len(p)
bits_per_character = bits.sum() / len("the cats")
perplexity = 2**bits_per_token
print(bits, bits_per_token, bits_per_character, perplexity)
expect_right(check("04.1", (bits_per_token, bits_per_character, perplexity)))


# %% [markdown]
# ## 04.2 The smallest set
#
# A symbol stays as long as the likelier ones *before* it hold less than $p$; that keeps the one that carries the sum
# over $p$. The mask is put back into the old order, and what is left is made to add up to 1.


# %%
def top_p(shares, p):
    order = np.argsort(-shares)
    before = np.cumsum(shares[order]) - shares[order]
    kept = np.zeros(len(shares), bool)
    kept[order] = before < p
    return np.where(kept, shares, 0.0) / shares[kept].sum()


expect_right(check("04.2", top_p))


# %% [markdown]
# ## 04.3 A loss of zero
#
# A window takes one token more than its length, so that the last input, too, has its successor from the text.


# %%
def examples(tokens, length):
    starts = np.arange(0, len(tokens) - length, length)
    windows = np.stack([tokens[start : start + length + 1] for start in starts])
    return windows[:, :-1], windows[:, 1:]


expect_right(check("04.3", examples))


# %% [markdown]
# ## 04.4 Two prompts, one temperature
#
# The memory begins anew with each text, and the temperature divides the logits.


# %%
def next_shares(network, texts, temperature):
    rows = []
    for tokens in texts:
        logits, _ = network.read(tokens[None], network.initial_state(1))
        rows.append(tf.nn.softmax(logits[0, -1] / temperature).numpy())
    return np.stack(rows)


expect_right(check("04.4", next_shares))

# %% [markdown]
# ## 04.5 Three numbers changed
#
# Two symbols stand in the proportion $\exp((2 - 0.5)/T)$. For that to be 4, $T = 1.5 / \ln 4$. The penalty divides the
# positive logit of a and multiplies the negative one of c, so that both become less likely. And with a huge $T$ all
# three logits are nearly 0.

# %%
temperature = 1.5 / np.log(4)
penalised = (2 / 2, 0.5, -1 * 2)
hot_share = 1 / 3
print(f"{temperature:.3f}", penalised, f"{hot_share:.3f}")
expect_right(check("04.5", (temperature, penalised, hot_share)))


# %% [markdown]
# ## What the bugs do
#
# ### A loss of zero
#
# A small network, 300 steps with each kind of target: the input itself, and the character after it.

# %%
austen = data.load_austen()
tokenizer = text.CharacterTokenizer.train(austen.train)
inputs, targets = examples(tokenizer.encode(austen.train), 64)


def trained(inputs, targets):
    runtime.set_seed(1)
    network = language.build_recurrent(vocabulary_size=tokenizer.vocabulary_size, embedding_dim=16, units=(96,))
    model = language.LanguageModel(network, tokenizer)
    model.compile(optimizer=keras.optimizers.Adam(1e-2), steps_per_execution=10)
    batches = tf.data.Dataset.from_tensor_slices((inputs, targets)).shuffle(20_000, seed=1).repeat().batch(16)
    model.fit(batches, epochs=1, steps_per_epoch=300, verbose=0)
    return model


found = {}
for name, wanted in {"the input itself": inputs, "the next character": targets}.items():
    model = trained(inputs, wanted)
    found[name] = model.training_history["loss"][0], model.score(austen.test[:5000])["bits_per_character"]
    print(
        f"target {name}: mean loss in training {found[name][0]:.2f} nats, held out {found[name][1]:.1f} bits a character"
    )
    print("  ", repr(model.generate(prompt="It is a trut", length=60, temperature=0.5)[0]))
if found["the input itself"][0] > found["the next character"][0] or found["the input itself"][1] < 6:
    raise RuntimeError("Copying should look easy in training, and be worthless on the next character.")

# %% [markdown]
# The loss of the copier falls at once: it may *see* the answer. Asked for the next character it is worse than somebody
# who knows nothing (6.3 bits), and when it writes, it repeats what it read last. A loss that is too good is the first
# sign of a target that leaks.
#
# ### A temperature after the softmax
#
# Dividing all probabilities by one number, and then making them add up to 1, gives them back as they were:

# %%
logits = np.array([2.0, 0.5, -1.0])
shares = np.exp(logits) / np.exp(logits).sum()
for T in (0.5, 2.0):
    late, early = shares / T, np.exp(logits / T)
    print(f"T = {T}: too late {(late / late.sum()).round(3)}, in time {(early / early.sum()).round(3)}")
