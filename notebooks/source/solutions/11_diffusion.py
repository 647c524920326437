# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Solutions to lesson 11
#
# Try first: a check that says *not yet* tells you why, and `hint("11.2")` helps in stages. Other answers than these are
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
import numpy as np

from gencourse import callbacks, data, diffusion, metrics, recipes, schedules, viz
from gencourse.exercises import check

runtime.set_seed(1)


def expect_right(answer):
    if not answer:
        raise RuntimeError(str(answer))
    return answer


# %% [markdown]
# ## 11.1 One pixel
#
# Mix; turn the mixture by a right angle; and solve the mixture for the image, with the noise that was answered.

# %%
signal, noise_rate, image, noise = 0.8, 0.6, 0.5, -1.0
noisy_pixel = signal * image + noise_rate * noise
velocity = signal * noise - noise_rate * image
believed_pixel = (noisy_pixel - noise_rate * -0.8) / signal
print(round(noisy_pixel, 4), round(velocity, 4), round(believed_pixel, 4))
expect_right(check("11.1", (noisy_pixel, velocity, believed_pixel)))


# %% [markdown]
# ## 11.2 A schedule that listens to its neighbours
#
# The product runs over the strides, all thousand of them, and not over the batch. Take it once, then look up.


# %%
def linear_rates(times):
    signal_squared = np.cumprod(1 - np.linspace(1e-4, 0.02, 1000))  # (1000,): after 1, 2, … 1000 strides
    signal_squared = signal_squared[np.rint(np.asarray(times) * 999).astype(int)]  # (B,)
    return np.sqrt(signal_squared), np.sqrt(1 - signal_squared)


expect_right(check("11.2", linear_rates))


# %% [markdown]
# Or without any stride, as the package does it: the logarithm of a product is a sum, and a sum over many small strides
# is an integral with a closed form.


# %%
def linear_rates_by_integral(times):
    signal_squared = np.exp(-(0.1 * np.asarray(times) + 0.5 * 19.9 * np.asarray(times) ** 2))
    return np.sqrt(signal_squared), np.sqrt(1 - signal_squared)


expect_right(check("11.2", linear_rates_by_integral))


# %% [markdown]
# ## 11.3 One step of DDIM
#
# What is left after the noise has been taken off is $s\,\hat x_0$, so divide by $s$. And the new mixture gets the new
# rates, both of them.


# %%
def ddim_step(noisy, predicted_noise, signal_now, noise_now, signal_after, noise_after):
    image = (noisy - noise_now * predicted_noise) / signal_now
    return signal_after * image + noise_after * predicted_noise


expect_right(check("11.3", ddim_step))


# %% [markdown]
# ## 11.4 Guidance, twice wrong
#
# Start at the answer without a class and go towards the one with it. "No class" has the number `classes`: zero is a
# digit.


# %%
def guided_answer(network, noisy, times, labels, classes, guidance):
    told = network(noisy, times, labels)
    untold = network(noisy, times, np.full_like(labels, classes))
    return untold + guidance * (told - untold)


expect_right(check("11.4", guided_answer))

# %% [markdown]
# ## 11.5 Four ways to ask
#
# D does not change with the seed: DDIM throws no dice. A is right in a tenth of the cases, by chance: it forgot the
# class. C is always right and covers hardly anything: guidance 3. B is what remains.

# %%
expect_right(check("11.5", ("D", "B", "C", "A")))


# %% [markdown]
# ## What the bugs do
#
# ### A product over the batch
#
# Which signal rates did the old listing train with? Batches of 64 random times, in the order in which they come, beside
# the right ones:


# %%
def listens_to_its_neighbours(times):
    signal_squared = np.cumprod(1 - (1e-4 + times * (0.02 - 1e-4)))
    return np.sqrt(signal_squared), np.sqrt(1 - signal_squared)


rng = np.random.default_rng(1)
batches = rng.random((200, 64))
wrong = np.concatenate([listens_to_its_neighbours(times)[0] for times in batches])
right = np.concatenate([linear_rates(times)[0] for times in batches])
print(
    f"signal rates in training: wrong {wrong.min():.2f} to {wrong.max():.2f}, right {right.min():.3f} to {right.max():.2f}"
)
viz.histogram({"product over the batch": wrong, "right": right}, x_label="signal rate", bins=50)

# %% [markdown]
# The listing hardly ever mixed in more noise than image. Its rates depend on the *place* in the batch and hardly on the
# time, so the time that the network is told means nothing. Samples begin with pure noise, which it has never seen. And
# its loss is low all along: taking off little noise is easy.
#
# ### Nothing gets cleaner
#
# The starter of 11.3 on the ring, with a network that was trained well and asked for the noise. Thirty steps from
# noise:

# %%
ring = data.ring()
points = ring.sample(20_000, seed=0)
recipe = recipes.get("ddpm-ring")
parameters = recipe.with_parameters({"predict": "noise", "epochs": 20})
steps = data.steps_per_pass(len(points), parameters["batch_size"])
model = recipe.build(parameters, (2,), 1, recipes.steps_per_call(steps, 20 * steps))
history = model.fit(
    data.batches(points, batch_size=parameters["batch_size"], seed=1),
    epochs=20,
    steps_per_epoch=steps,
    verbose=0,
    callbacks=[callbacks.Budget(steps=20 * steps, decay="cosine")],
)


# %%
def both_bugs(noisy, predicted_noise, signal_now, noise_now, signal_after, noise_after):
    image = noisy - noise_now * predicted_noise
    return signal_after * image + noise_now * predicted_noise


def old_noise_rate(noisy, predicted_noise, signal_now, noise_now, signal_after, noise_after):
    image = (noisy - noise_now * predicted_noise) / signal_now
    return signal_after * image + noise_now * predicted_noise


def walk(step, noisy):
    times, signals, noises = diffusion.grid(schedules.cosine, 30)
    for i in range(30):
        _, predicted_noise = model.denoise(noisy, float(times[i]))
        noisy = step(noisy, predicted_noise, signals[i], noises[i], signals[i + 1], noises[i + 1])
    return noisy


start = rng.normal(size=(2000, 2)).astype("float32")
ends = {f.__name__: walk(f, start) for f in (ddim_step, old_noise_rate, both_bugs)}
for name, end in ends.items():
    print(f"{name:16} within 3σ: {metrics.mode_coverage(end, ring.means, std=ring.std)['share_within']:.2f}")
if metrics.mode_coverage(ends["ddim_step"], ring.means, std=ring.std)["share_within"] < 0.8:
    raise RuntimeError("The mended step should find the modes.")
viz.scatter(ends, limits=3, means=ring.means, std=ring.std, size=2.3)

# %% [markdown]
# Mended, most points find a mode, with seven in eight near one; it was a short training, and DDIM. With only the rate
# wrong each step brings the noise back that it should have left out, so all the time more noise is in the mixture than
# the time that the network is told says. It is misled, and the points go astray. With both bugs the image is made
# fainter in every step, too, and thirty times fainter is nothing: all walks end in the middle.
