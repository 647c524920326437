"""More checks of lesson 12, which imports this module: running averages that codes move to, and four rows to read."""

import warnings

import numpy as np

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise

ROLES = ("vectors", "hits", "sums", "x", "codes", "decay")


def _learn(vectors, hits, sums, x, codes, decay):
    """The right answer, by hand."""
    hits, sums, vectors = hits.copy(), sums.copy(), vectors.copy()
    for k in range(len(hits)):
        mine = x[codes == k]
        hits[k] = decay * hits[k] + (1 - decay) * len(mine)
        sums[k] = decay * sums[k] + (1 - decay) * mine.sum(axis=0)
        if hits[k] > 0:
            vectors[k] = sums[k] / hits[k]
    return vectors, hits, sums


@exercise(
    "12.4",
    title="codes on the move",
    hints=(
        "Let one batch bring a code a hundred points around 1 and the next a single point at 9. Where should it stand?",
        "`sums` should be what its name says. And what is the mean of no points at all?",
        "sums[k] = decay * sums[k] + (1 - decay) * mine.sum(axis=0); move a code only `if hits[k] > 0`.",
    ),
)
def moves(answer):
    """Mend the step that moves codes to the running mean of what they stand for. A code never used stays. Two bugs.

    def learn(vectors, hits, sums, x, codes, decay):
        # vectors, sums: (K, D); hits: (K,); x: (N, D); codes: (N,) -> new vectors, hits, sums
        vectors, hits, sums = vectors.copy(), hits.copy(), sums.copy()
        for k in range(len(vectors)):
            mine = x[codes == k]
            hits[k] = decay * hits[k] + (1 - decay) * len(mine)
            sums[k] = decay * sums[k] + (1 - decay) * mine.sum(axis=0) / max(len(mine), 1)
            vectors[k] = sums[k] / hits[k]
        return vectors, hits, sums

    check("12.4", learn)
    """
    name = "learn"
    expect.function(answer, name, ROLES)
    start = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 50.0]])
    batches = [
        (np.array([[1.0, 1], [3, 1], [2, 4], [9, 0]]), np.array([0, 0, 0, 1])),  # code 2 was never used
        (np.array([[5.0, 5], [8, 2], [8, 0]]), np.array([0, 1, 1])),
        (np.array([[8.0, 6], [7, 4], [6, 5]]), np.array([1, 1, 1])),  # code 0 rests
        (np.array([[0.0, 41], [1, 1], [2, 43]]), np.array([2, 0, 2])),
    ]
    for decay in (0.5, 0.9):
        ours = theirs = (start, np.zeros(3), np.zeros((3, 2)))
        for number, (x, codes) in enumerate(batches, start=1):
            given = tuple(part.copy() for part in theirs)
            with warnings.catch_warnings(action="ignore"):  # NumPy's, of a mean of nothing: the check will say more
                result = expect.call(answer, *given, x.copy(), codes.copy(), decay, name=name)
            found = expect.parts(result, "vectors", "hits", "sums")
            before, ours = ours[1], _learn(*ours, x, codes, decay)
            case = f"decay {decay}, batch {number}"
            theirs = _checked(found, ours, before, x, codes, decay, case)
    return (
        "each code stands at the running mean of what it stood for: a busy batch counts more than a quiet one, a code "
        "that rests keeps its place, and one that was never used does not become NaN. (Who never wins never moves, "
        "either: that takes a restart.)"
    )


def _slip(hits, before, counts, decay):
    """Why `hits` are what they are, if it is a known mistake; else nothing."""
    slips = {
        " The decay is at the wrong place: the *past* is multiplied by it, and the new count by 1 - decay.": (
            (1 - decay) * before + decay * counts
        ),
        " A code without points in this batch forgets, too: its old count is multiplied by the decay.": np.where(
            counts > 0, decay * before + (1 - decay) * counts, before
        ),
        " The past was not multiplied by the decay.": before + (1 - decay) * counts,
        " The new count was not multiplied by 1 - decay.": decay * before + counts,
        " These come from this batch alone: keep decay times the past as well.": (1 - decay) * counts,
        " They have not changed at all.": before,
    }
    return next((why for why, other in slips.items() if np.allclose(hits, other, rtol=1e-4)), "")


def _checked(found, ours, before, x, codes, decay, case):
    arrays = []
    for part, wanted, what in zip(found, ours, ("vectors", "hits", "sums"), strict=True):
        arrays.append(expect.numbers(part, wanted.shape, f"{case}, `{what}`", finite=False))
    vectors, hits, sums = arrays
    if not all(np.isfinite(part).all() for part in arrays):
        empty = sorted(set(range(len(hits))) - set(codes.tolist()))
        raise Wrong(
            f"{case}: there are NaN or infinite values. Code {empty[0] if empty else '?'} stands for nothing in this "
            "batch: the mean of no points is no number, and neither is 0 / 0. Add *sums*, and move used codes only."
        )
    if not np.allclose(hits, ours[1], rtol=1e-4):
        counts = np.bincount(codes, minlength=len(hits))
        wanted, got = ours[1].round(4).tolist(), hits.round(4).tolist()
        raise Wrong(f"{case}: `hits` should be {wanted}, and are {got}.{_slip(hits, before, counts, decay)}")
    if not np.allclose(sums, ours[2], rtol=1e-4):
        k = int(np.flatnonzero(~np.isclose(sums, ours[2], rtol=1e-4).all(axis=1))[0])
        count = int((codes == k).sum())
        why = (
            f" The batch has {count} points of this code: their *sum* belongs here. Dividing by `hits` makes the mean, "
            "and with a mean in both places a code is divided twice."
            if count > 1
            else ""
        )
        if np.allclose(sums[k], ours[2][k].sum()):
            why = (
                " All numbers of this code went into one: add the points up, axis 0, and keep their coordinates apart."
            )
        raise Wrong(
            f"{case}: `sums` of code {k} should be {ours[2][k].round(4).tolist()}, and are {sums[k].round(4).tolist()}."
            f"{why}"
        )
    if not np.allclose(vectors, ours[0], rtol=1e-4):
        k = int(np.flatnonzero(~np.isclose(vectors, ours[0], rtol=1e-4).all(axis=1))[0])
        if ours[1][k] == 0:
            raise Wrong(
                f"{case}: code {k} was never used and should stay at {ours[0][k].tolist()}, not {vectors[k].tolist()}."
            )
        raise Wrong(
            f"{case}: code {k} should stand at sums / hits = {ours[0][k].round(4).tolist()}, and stands at "
            f"{vectors[k].round(4).tolist()}."
        )
    return vectors, hits, sums


NAMES = ("lesson", "collapsed", "independent", "few", "comparable")
LETTERS = ("A", "B", "C", "D")


@exercise(
    "12.5",
    title="four rows",
    hints=(
        "Which two rows reconstruct equally well? They share all up to the codes, and differ in what draws them.",
        "A codebook of which one code in twenty works is easy to foretell, and hard to draw with.",
        "64 codes say less than 256: a larger error and fewer nats, and no code is idle.",
    ),
)
def rows(answer):
    """Say which of the rows A, B, C and D is which model, and whose nats can be set against the lesson's.

    lesson = ...       # the lesson's model: one of the letters "A", "B", "C" and "D"
    collapsed = ...    # no restarts, and a bad start
    independent = ...  # the lesson's codes, each place drawn on its own from what is usual there
    few = ...          # 64 codes instead of 256
    comparable = ...   # the row whose nats can be compared with the lesson's
    check("12.5", (lesson, collapsed, independent, few, comparable))
    """
    found = [_letter(part, name) for part, name in zip(expect.parts(answer, *NAMES), NAMES, strict=True)]
    lesson, collapsed, _, few, comparable = found
    if len(set(found[:4])) < 4:
        raise Wrong("one row is named twice: each of the four models has a row of its own.")
    if collapsed != "C":
        raise Wrong(
            "in a collapsed codebook most codes stand for nothing: look at `used`. That its maps cost few nats is no "
            "merit; there is little in them to foretell."
        )
    if few != "D":
        raise Wrong(
            "64 codes lose more of an image than 256, and each of them costs fewer nats: the row whose error lies "
            "between the others', with all codes in use."
        )
    if lesson != "B":
        raise Wrong(
            "A and B are swapped. They have the same codes, so whoever knows which codes go together pays fewer nats, "
            "and draws better."
        )
    if comparable != "A":
        raise Wrong(
            f"row {comparable} has other codes than the lesson's: its nats count surprises about something else. Only "
            "two models of the *same* codes can be compared by them; which row has the same error, because it is the "
            "same autoencoder?"
            if comparable != "B"
            else "B is the lesson's own row: with which *other* one can it be compared?"
        )
    return (
        "A and B are one autoencoder with two ways to draw its codes, and their nats say which knows more. Between "
        "other rows nats say nothing: the collapsed codebook has the fewest, because it says least."
    )


def _letter(value, name):
    letter = value.strip().strip("()").upper() if isinstance(value, str) else value
    if letter not in LETTERS:
        raise Wrong(f'`{name}` should be one of the letters "A", "B", "C", "D", and is {value!r}.')
    return letter
