"""Checks of lesson 11: one pixel by hand, a schedule that is no function of one time, one step of DDIM, and guidance.

The starter code that the notebook shows stands in the docstring of each check, planted bugs included. It takes `import
numpy as np` for granted. The checks meet small arrays of their own.
"""

import numpy as np

from gencourse.exercises import expect, scores_11
from gencourse.exercises.core import Wrong, exercise

__all__ = ["ddim_step", "linear_rates", "one_pixel", "scores_11"]


@exercise(
    "11.1",
    title="one pixel",
    hints=(
        "The mixture is signal · image + noise rate · noise. The velocity is signal · noise - noise rate · image.",
        "The believed image is what solves the mixture for the image, with the noise that the network answered.",
        "(noisy_pixel - 0.6 · (-0.8)) / 0.8, with noisy_pixel = 0.8 · 0.5 + 0.6 · (-1).",
    ),
)
def one_pixel(answer):
    """Work out a noisy pixel, its velocity, and the pixel that an answer stands for.

    # signal rate 0.8, noise rate 0.6, image pixel 0.5, noise -1; the network answers the noise -0.8
    noisy_pixel = ...
    velocity = ...
    believed_pixel = ...
    check("11.1", (noisy_pixel, velocity, believed_pixel))
    """
    names = ("noisy_pixel", "velocity", "believed_pixel")
    parts = expect.parts(answer, *names)
    noisy, velocity, believed = (expect.number(part, name) for part, name in zip(parts, names, strict=True))

    def named(value, name, wanted, slips, formula):
        if expect.near(value, wanted, rel=0.01, tolerance=0.004):
            return
        for slip, why in slips.items():
            if expect.near(value, slip, rel=0.005, tolerance=0.002):
                raise Wrong(f"`{name}` is not {value:g}: {why}.")
        raise Wrong(f"`{name}` is not {value:g}: {formula}.")

    named(
        noisy,
        "noisy_pixel",
        -0.2,
        {
            -0.5: "the rates are swapped or left out: 0.8 belongs to the image and 0.6 to the noise",
            1.0: "the noise is negative, so it is taken away",
            -0.04: "these are the squares of the rates; the rates themselves mix",
            -0.1: "the image is multiplied by its rate, too",
            -0.6: "the noise is multiplied by its rate, too",
        },
        "it is signal rate · image + noise rate · noise",
    )
    named(
        velocity,
        "velocity",
        -1.1,
        {
            1.1: "the sign is turned: it is signal rate · noise - noise rate · image",
            -0.5: "there is a minus between the two parts",
            -0.2: "this is the mixture again; in the velocity the rates change places, and there is a minus",
            -1.0: "the rates are swapped: the signal rate belongs to the noise here",
            -1.5: "noise and image are multiplied by rates before one is taken from the other",
            1.5: "noise and image are multiplied by rates, and the image is taken from the noise",
        },
        "it is signal rate · noise - noise rate · image",
    )
    named(
        believed,
        "believed_pixel",
        0.35,
        {
            0.28: "what is left after the noise has been taken off must still be divided by the signal rate",
            0.5: "that is the true pixel; the network does not know it, and errs about the noise",
            0.28 / 0.6: "it is divided by the noise rate; what is left is signal rate · image",
            -0.85: "the believed noise has to be taken *off*, and it is negative",
            -0.68: "the believed noise has to be taken *off*, and it is negative; then comes the division by 0.8",
            0.75: "the believed noise must be multiplied by the noise rate before it is taken off",
            0.32: "that reads the answer as a velocity, and it is a noise",
            0.44 / 0.6: "the rates are swapped: 0.6 belongs to the noise, and 0.8 divides what is left",
            -0.8: "that is the answer itself, a noise; which image goes with it?",
        },
        "it is (noisy pixel - noise rate · answered noise) / signal rate",
    )
    return (
        "-0.2, -1.1 and 0.35. The answer missed the noise by 0.2, and so the image by 0.2 · 0.6 / 0.8 = 0.15. Nearer "
        "to pure noise the same miss would be far worse."
    )


def _recorded_rates(times):
    signal = np.sqrt(np.cumprod(1 - np.linspace(1e-4, 0.02, 1000)))[np.rint(np.asarray(times) * 999).astype(int)]
    return signal, np.sqrt(1 - signal**2)


def _pair_of_rates(answer, times, case):
    because = {"out of bounds": "A thousand rows have the numbers 0 to 999: the last one is that of time 1."}
    result = expect.call(answer, times.copy(), name="linear_rates", because=because)
    rates = expect.parts(result, "signal rates", "noise rates")
    shape = times.shape
    return [
        expect.numbers(part, shape, f"{case}, the {what}")
        for part, what in zip(rates, ("signal rates", "noise rates"), strict=True)
    ]


@exercise(
    "11.2",
    title="a schedule that listens to its neighbours",
    hints=(
        "Ask for the time 0.5 alone, then for 0.5 in a batch with other times. What should be the same, and is not?",
        "The product runs over all strides up to the asked time, whether or not anybody asked about the others.",
        "Take betas = np.linspace(1e-4, 0.02, 1000) and np.cumprod(1 - betas) once, and look up row round(time · 999).",
    ),
)
def linear_rates(answer):
    """Mend the schedule: signal and noise rates after the strides up to each time, each time for itself.

    def linear_rates(times):
        # times: numbers in [0, 1], shape (B,) -> signal rates (B,) and noise rates (B,)
        betas = 1e-4 + np.asarray(times) * (0.02 - 1e-4)  # variance that stride number 1000 · time replaces
        signal_squared = np.cumprod(1 - betas)
        return np.sqrt(signal_squared), np.sqrt(1 - signal_squared)

    check("11.2", linear_rates)
    """
    expect.function(answer, "linear_rates", ("times",))
    rng = np.random.default_rng(11)
    times = np.concatenate([[0.5], rng.random(30), [0.0, 1.0, 0.5]])
    signal, noise = _pair_of_rates(answer, times, f"for {len(times)} times")
    alone = [float(rate[0]) for rate in _pair_of_rates(answer, times[:1], "for one time")]
    if not (expect.near(signal[0], alone[0]) and expect.near(signal[0], signal[-1])):
        other = signal[0] if not expect.near(signal[0], alone[0]) else signal[-1]
        raise Wrong(
            f"the signal rate at time 0.5 is {alone[0]:.4f} when it is asked for alone, and {other:.4f} in a batch "
            "with other times. A product runs over the batch; a time's rates must not depend on who else is there."
        )
    if not np.allclose(signal**2 + noise**2, 1.0, atol=2e-3):
        if np.allclose(signal + noise, 1.0, atol=2e-3):
            raise Wrong("the rates sum to 1; it is their squares that should: the noise rate is sqrt(1 - signal²).")
        if np.allclose(signal + noise**2, 1.0, atol=2e-3) or np.allclose(signal**2 + noise, 1.0, atol=2e-3):
            raise Wrong("a square root is missing: the product of 1 - β is the signal rate *squared*.")
        raise Wrong(
            f"the squares of signal and noise rate should sum to 1, and at time 0.5 they sum to "
            f"{signal[0] ** 2 + noise[0] ** 2:.3f}."
        )
    wanted = _recorded_rates(times)[0]
    own_beta = 1e-4 + times * 0.0199
    if np.allclose(signal, wanted, atol=0.012):
        return (
            "each time has its own rates, whoever stands beside it. In training, the old listing gave a batch of 64 "
            "images a signal that hardly shrank, so the model never saw much noise, and sampling began where training "
            "had never been: section 5."
        )
    one_for_all = "that takes the β of the last stride for all of them; β grows from stride to stride"
    if np.allclose(signal, np.sqrt((1 - own_beta) ** (1000 * times)), atol=0.003):
        raise Wrong(f"at time 0.5 the signal rate is {wanted[0]:.4f}, and yours is {signal[0]:.4f}: {one_for_all}.")
    for value, why in {
        "one": (np.sqrt(1 - own_beta), "that is one single stride, and not all strides up to that time"),
        "all": (
            np.sqrt((1 - own_beta) ** 1000),
            "that takes one β a thousand times; each stride has its own, and only those up to the time count",
        ),
        "swap": (np.sqrt(1 - wanted**2), "signal and noise rates are swapped"),
        "square": (wanted**2, "a square root is missing: the product of 1 - β is the signal rate squared"),
        "turned": (_recorded_rates(1 - times)[0], "time runs the wrong way: 0 is the image, 1 is noise"),
        "cosine": (
            np.cos(times * np.pi / 2),
            "that is a cosine schedule; the first paper's is asked for",
        ),
        "hundred": (np.sqrt(np.exp(0.1 * np.log(wanted**2))), "with a hundred strides; there are a thousand"),
    }.values():
        if np.allclose(signal, value, atol=0.012):
            raise Wrong(f"at time 0.5 the signal rate is {wanted[0]:.4f}, and yours is {signal[0]:.4f}: {why}.")
    worst = int(np.abs(signal - wanted).argmax())
    raise Wrong(
        f"at time {times[worst]:.3f} the signal rate is {wanted[worst]:.4f}, and yours is {signal[worst]:.4f}: it is "
        "the square root of the product of 1 - β over all of a thousand strides up to there, β from 0.0001 to 0.02."
    )


@exercise(
    "11.3",
    title="one step of DDIM",
    hints=(
        "Give it the *true* noise of a mixture. Then the step must come out exactly at the mixture of the new rates.",
        "The first line: noisy = signal_now · image + noise_now · noise; solve for the image. The second: which rates?",
        "image = (noisy - noise_now * predicted_noise) / signal_now; then mix with signal_after and noise_after.",
    ),
)
def ddim_step(answer):
    """Mend one DDIM step of a network that was asked for the noise.

    def ddim_step(noisy, predicted_noise, signal_now, noise_now, signal_after, noise_after):
        # noisy, predicted_noise: (B, ...); the rates are numbers -> the mixture at the rates `after`, (B, ...)
        image = noisy - noise_now * predicted_noise
        return signal_after * image + noise_now * predicted_noise

    check("11.3", ddim_step)
    """
    name = "ddim_step"
    rates = ("signal_now", "noise_now", "signal_after", "noise_after")
    expect.function(answer, name, ("noisy", "predicted_noise", *rates))
    rng = np.random.default_rng(7)
    for shape, (s, n, after_s, after_n) in (((5, 3), (0.6, 0.8, 0.96, 0.28)), ((2, 4, 4, 1), (0.28, 0.96, 0.6, 0.8))):
        image, noise = rng.normal(size=(2, *shape))
        noisy = s * image + n * noise
        result = expect.call(answer, noisy.copy(), noise.copy(), s, n, after_s, after_n, name=name)
        found = expect.numbers(result, shape, "the mixture after the step")
        wanted = after_s * image + after_n * noise
        if np.allclose(found, wanted, atol=1e-4):
            continue
        raw = noisy - n * noise
        for value, why in (
            (after_s * raw + n * noise, "both bugs are still there: the image and the noise rate of the second line"),
            (
                after_s * raw + after_n * noise,
                "the believed image is too faint: after the noise is taken off, signal rate · image is left",
            ),
            (
                after_s * image + n * noise,
                "the noise is mixed in with the old rate, so nothing gets cleaner; the new mixture has the new rates",
            ),
            (after_s * raw / n + after_n * noise, "it is divided by the noise rate; what is left is signal · image"),
            (
                after_s * raw / after_s + after_n * noise,
                "old and new signal rate are mixed up: divide by the old one, with which the noisy input was mixed, "
                "and multiply by the *new* signal rate",
            ),
            (after_s * raw * s + after_n * noise, "it is multiplied by the old signal rate; divide by it"),
            (
                after_s * (noisy - n * noise / s) + after_n * noise,
                "only the noise is divided by the signal rate: put the difference in brackets first",
            ),
            (
                after_s * np.clip(image, -1, 1) + after_n * noise,
                "the believed image is cut off at -1 and 1, and these points lie beyond",
            ),
            (s * image + after_n * noise, "the image is mixed in with the old signal rate"),
            (s * image + n * noise, "that is the noisy input again: both rates of the new mixture are the old ones"),
            (image, "that is the believed image itself; the step goes to a mixture of it and the noise"),
            (after_n * image + after_s * noise, "the new rates are swapped"),
            (
                after_s * (noisy + n * noise) / s + after_n * noise,
                "the believed noise has to be taken off, and yours adds it",
            ),
            (after_s * image, "the noise is missing in the new mixture"),
            (after_s * image - after_n * noise, "the noise is mixed in with a minus"),
        ):
            if np.allclose(found, value, atol=1e-4):
                raise Wrong(
                    f"given the true noise, the step should come out at the mixture of the new rates. {_cap(why)}."
                )
        place = int(np.abs(found - wanted).argmax())
        raise Wrong(
            "given the true noise, the step should come out at signal_after · image + noise_after · noise; in yours "
            f"number {place} is {found.flat[place]:.3f} where {wanted.flat[place]:.3f} is asked for."
        )
    return (
        "believe, then mix again with the new rates. With the true noise the step lands exactly where a forward "
        "mixture would stand; so all error of a walk is the network's, and that of steps that are too long."
    )


def _cap(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
