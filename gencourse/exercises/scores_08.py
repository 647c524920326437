"""More checks of lesson 08, which imports this module: a test that finds leaks, and Bayes' rule from likelihoods."""

import math

import numpy as np

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise

HEIGHT, WIDTH = 5, 6
MIXED = "where some images cost 84 nats and others 980, "


def _shifted(x, down, right):
    """The map in which each place holds what stood `down` rows above it and `right` columns to its left."""
    import tensorflow as tf

    moved = tf.roll(x, (down, right), axis=(1, 2))
    row, column = np.mgrid[:HEIGHT, :WIDTH]
    inside = (row - down >= 0) & (row - down < HEIGHT) & (column - right >= 0) & (column - right < WIDTH)
    return moved * inside.astype("float32")[None, :, :, None]


def _networks():
    """[(a function from images to logits, whether it sees ahead, what it does in words)]."""
    import tensorflow as tf

    def past(x):
        return 1.5 * _shifted(x, 0, 1) + _shifted(x, 1, 0) - 2.0 * _shifted(x, 1, -1)

    def corner(x):
        seen = np.zeros((1, HEIGHT, WIDTH, 1), "float32")
        seen[0, 0, 0] = 1.0  # the first logit alone sees the last pixel alone
        return past(x) + seen * x[:, -1:, -1:]

    return [
        (lambda x: past(x) - 1.0, False, "looks at three pixels before its own"),
        (lambda x: 0.0 * x + 0.3, False, "gives every pixel the same logit"),
        (lambda x: past(x) * _shifted(x, 1, 1) + 3.0 * _shifted(x, 2, -2), False, "multiplies two pixels of the past"),
        (lambda x: past(x) + x, True, "adds its own pixel"),
        (lambda x: past(x) + _shifted(x, 0, -1), True, "adds its right neighbour"),
        (lambda x: past(x) + _shifted(x, -1, 0), True, "adds the pixel below"),
        (lambda x: past(x) + tf.reduce_mean(x, axis=(1, 2, 3), keepdims=True), True, "adds the mean of the image"),
        (lambda x: past(x) + 1e-4 * x, True, "adds a ten-thousandth of its own pixel"),
        (corner, True, "sees ahead at one place only: its first logit depends on the last pixel"),
        (
            lambda x: past(x) + _shifted(x, 0, 1) * _shifted(x, 0, -1),
            True,
            "adds its left neighbour times its right one, which is zero in an empty image",
        ),
    ]


@exercise(
    "08.4",
    title="the test that finds a leak",
    hints=(
        "Which logits may change when pixel i is turned? And is one pixel enough?",
        "Turn every pixel, one at a time, or all from some place on. In an image of random pixels; an empty one hides "
        "what is multiplied. And a true mask leaves exactly 0, so no tolerance is needed.",
        "For each place: changed = image.copy(); changed.reshape(-1)[place:] = 1 - changed.reshape(-1)[place:]; then "
        "compare the logits up to the place, its own included, with those of the original.",
    ),
)
def leak_test(answer):
    """Mend the test: it should find every network whose logits depend on their own pixel or on later ones.

    def sees_ahead(network, height, width):
        # network: a function from images (B, height, width, 1), zeros and ones, to logits of the same shape
        image = np.zeros((1, height, width, 1), "float32")
        changed = image.copy()
        changed[0, height // 2, width // 2] = 1.0
        difference = np.abs(network(changed) - network(image))
        return bool(difference[0, : height // 2].max() > 0.001)

    check("08.4", sees_ahead)
    """
    name = "sees_ahead"
    expect.function(answer, name, ("network", "height", "width"))
    missed, alarms, said = [], [], []
    for function, leaks, words in _networks():
        found = _truth(expect.call(answer, _careful(function), HEIGHT, WIDTH, name=name), name)
        said.append(found)
        if found != leaks:
            (missed if leaks else alarms).append(words)
    if len(set(said)) == 1:
        raise Wrong(f"it says {said[0]} of every network. Of ten, three keep the rule and seven see ahead.")
    if not missed and not alarms:
        return (
            "all seven leaks are found, the smallest and the rarest among them, and no false alarm. Run such a test "
            "before a network is trained: afterwards a leak looks like success."
        )
    if alarms:
        raise Wrong(
            f"a false alarm: a network that {alarms[0]} keeps the rule, and yours says that it sees ahead. Only logits "
            "up to the pixel that was changed must stay as they are; later ones may change."
        )
    reasons = {
        "adds its own pixel": "the logit of the pixel itself must not change either",
        "adds its right neighbour": "in its own row, too, pixels to the left must not change",
        "adds a ten-thousandth of its own pixel": "a small leak is a leak, and training makes it large; a true mask "
        "leaves a difference of exactly 0",
        "adds its left neighbour times its right one, which is zero in an empty image": "ask with random pixels",
        "sees ahead at one place only: its first logit depends on the last pixel": "one place is not enough: change "
        "every pixel once, and look at all logits before it",
    }
    first = next((words for words in reasons if words in missed), missed[0])
    raise Wrong(
        f"{len(missed)} of seven leaks {'is' if len(missed) == 1 else 'are'} missed. One network {first}"
        + (f": {reasons[first]}." if first in reasons else ", and yours does not notice.")
    )


def _careful(function):
    """The network with a sentence for images that do not fit."""
    import tensorflow as tf

    def network(images, training=False):
        images = tf.cast(images, "float32")
        if images.shape.rank != 4 or tuple(images.shape[1:]) != (HEIGHT, WIDTH, 1):
            raise ValueError(
                f"The network reads images of shape (B, {HEIGHT}, {WIDTH}, 1). Received: {tuple(images.shape)}"
            )
        return function(images)

    return network


def _truth(value, name):
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        array = np.asarray("")
    if array.size != 1 or array.dtype.kind not in "biuf":
        raise Wrong(f"`{name}` should return True or False, and returned {expect._kind(value)}.")
    return bool(array.reshape(()))


@exercise(
    "08.5",
    title="a generator that classifies",
    hints=(
        "Bayes: p(y | x) = p(x | y) p(y) / p(x), and p(x) is the sum of p(x | y) p(y) over all classes y.",
        "exp(-900) is 0 in a computer. Add log p(y) to the log-likelihoods, then take the highest of each column away "
        "before exp, and add it again after log.",
        "joint = log_likelihoods + np.log(prior)[:, None]; log_p = np.logaddexp.reduce(joint, axis=0); posterior = "
        "np.exp(joint - log_p)",
    ),
)
def bayes(answer):
    """Mend Bayes' rule: posteriors of the classes, and log p(x), from the log-likelihoods under each class.

    def bayes(log_likelihoods, prior):
        # log_likelihoods: log p(x | y), (K, N); prior: p(y), (K,) -> p(y | x), (K, N), and log p(x), (N,)
        likelihoods = np.exp(log_likelihoods)
        posterior = likelihoods / likelihoods.sum(axis=0)
        log_p = log_likelihoods.mean(axis=0)
        return posterior, log_p

    check("08.5", bayes)
    """
    name = "bayes"
    expect.function(answer, name, ("log_likelihoods", "prior"))
    rng = np.random.default_rng(85)
    prior = np.array([0.6, 0.1, 0.3])
    given = -80.0 + rng.normal(0.0, 1.5, (3, 7))
    _check_bayes(*_asked(answer, given, prior, name), given, prior, "")
    dark = given - 900.0
    _check_bayes(*_asked(answer, dark, prior, name), dark, prior, "for images that cost 980 nats, ")
    both = np.concatenate([given[:, :4], dark[:, 4:]], axis=1)
    _check_bayes(*_asked(answer, both, prior, name), both, prior, MIXED)
    return (
        "the posteriors add up to 1, the prior has its say, and images that cost a thousand nats are no trouble. A "
        "model of images is a model of classes, once it can be told them."
    )


def _asked(answer, given, prior, name):
    result = expect.call(answer, given.copy(), prior.copy(), name=name)
    posterior, log_p = expect.parts(result, "posterior", "log_p")
    case = ""
    if given.min() < -200:
        case = "for images that cost 980 nats, " if given.max() < -200 else MIXED
    shape = given.shape
    if np.shape(posterior) == shape[::-1]:
        raise Wrong(f"the posterior has its axes swapped: {shape[::-1]}, where (K, N) = {shape} is asked for.")
    found = expect.numbers(posterior, shape, "the posterior", finite=False)
    log_found = expect.numbers(log_p, shape[1:], "log_p", finite=False)
    if not (np.isfinite(found).all() and np.isfinite(log_found).all()):
        raise Wrong(
            f"{case}there are NaN or infinite values: exp(-980) underflows to 0, and then 0 is divided by 0 or its "
            "logarithm taken. "
            + (
                "Take away the highest of each image, not the highest of all."
                if case == MIXED
                else "Stay with logarithms, or take the highest away first."
            )
        )
    return found, log_found


def _check_bayes(posterior, log_p, given, prior, case):
    joint = given + np.log(prior)[:, None]
    wanted_log = np.logaddexp.reduce(joint, axis=0)
    wanted = np.exp(joint - wanted_log)
    flat = np.exp(given - np.logaddexp.reduce(given, axis=0))
    if not np.allclose(posterior, wanted, atol=1e-4):
        sums = posterior.sum(axis=0)
        if case and np.allclose(posterior, posterior[:1], atol=1e-4):
            raise Wrong(
                f"{case}all classes come out alike: exp(-980) underflows to 0 under each of them, and a small number "
                "that is added does not bring it back. Take the highest of each image away before `exp`."
            )
        if np.allclose(posterior, flat, atol=1e-4):
            raise Wrong(
                f"{case}the prior has no say in your posterior: a class that is six times as common needs less."
            )
        if np.allclose(posterior, joint - wanted_log, atol=1e-4):
            raise Wrong(f"{case}these are the logarithms of the posterior.")
        if np.allclose(posterior.sum(axis=1), 1.0, atol=1e-3):
            raise Wrong(
                f"{case}your posterior adds up to 1 over the images; for each image it should over the classes."
            )
        if not np.allclose(sums, 1.0, atol=1e-3):
            raise Wrong(f"{case}for each image the posterior should add up to 1, and adds up to {sums[0]:.4g} for one.")
        raise Wrong(
            f"{case}the posterior of image 0 is {wanted[:, 0].round(3).tolist()} by hand and "
            f"{posterior[:, 0].round(3).tolist()} in yours."
        )
    if np.allclose(log_p, wanted_log, atol=1e-3):
        return
    classes = math.log(len(prior))
    for other, why in (
        (
            given.mean(axis=0),
            "that is the mean of the logarithms; p(x) is the mean of the likelihoods, and then the log",
        ),
        (prior @ given, "that is the mean of the logarithms; p(x) is the mean of the likelihoods, and then the log"),
        (np.logaddexp.reduce(given, axis=0), "the likelihoods are added up without the prior"),
        (np.logaddexp.reduce(given, axis=0) - classes, "that takes all classes as equally likely"),
        (joint.max(axis=0), "that is the likeliest class alone; the others add a little"),
        (given.max(axis=0), "that is the highest log-likelihood alone"),
        (wanted_log - given.max(axis=0), "the highest was taken out before `exp`, and is not yet put back after `log`"),
        (wanted_log - joint.max(axis=0), "the highest was taken out before `exp`, and is not yet put back after `log`"),
        (wanted_log - classes, "the prior adds up to 1 already: add up over the classes, and take no mean"),
        (-wanted_log, "the sign is turned: that is the cost, and log p(x) is asked for"),
        (np.exp(wanted_log), "that is p(x) itself; its logarithm is asked for"),
        (wanted_log / math.log(2), "these are bits; with the natural logarithm they become nats"),
    ):
        if np.allclose(log_p, other, rtol=1e-5, atol=0.0 if np.ptp(other) < 1e-9 else 1e-3):
            raise Wrong(f"{case}the posterior is right, and `log_p` not yet: {why}.")
    raise Wrong(
        f"{case}the posterior is right; log p(x) of image 0 is {wanted_log[0]:.3f}, and {log_p[0]:.4g} in yours."
    )
