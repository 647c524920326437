"""More checks of lesson 10, which imports this module: a beam search with bugs, and fewer dates to learn from."""

import itertools

import numpy as np

from gencourse.exercises import expect
from gencourse.exercises.core import Wrong, exercise

END, SYMBOLS, LENGTH = 0, 4, 4
CASES = tuple(itertools.product(range(6), (1, 2, 3, 5), (LENGTH, 2)))  # seed, beam, length


def _language(seed):
    """A small language: log p of each next token, given all before it; sure of nothing, and never of two alike."""
    tables = {}

    def log_p_after(written):
        written = tuple(int(token) for token in written)
        if written not in tables:
            rng = np.random.default_rng([seed, len(written), *written])
            logits = rng.normal(0.0, 1.2, SYMBOLS)
            tables[written] = logits - np.log(np.exp(logits).sum())
        return tables[written].copy()

    return log_p_after


KINDS = ("kept", "apart", "apart from the best")  # where ended texts wait: all three are beam searches


def _search(log_p_after, beam, length, *, kind="kept", worst=False, goes_on=False, drops=False, last_only=False):
    """Beam search as it should be, or with one of the slips."""
    hypotheses, ended = [((), 0.0)], []
    for _ in range(length):
        longer = []
        for written, total in hypotheses:
            if written and written[-1] == END and not goes_on:
                longer += [] if drops else [(written, total)]
                continue
            for token, log_p in enumerate(log_p_after(written)):
                longer.append(((*written, token), float(log_p) if last_only else total + float(log_p)))
        longer.sort(key=lambda hypothesis: hypothesis[1], reverse=not worst)
        if kind == "apart from the best":
            longer = longer[:beam]
        if kind != "kept":
            ended += [hypothesis for hypothesis in longer if hypothesis[0][-1] == END]
            longer = [hypothesis for hypothesis in longer if hypothesis[0][-1] != END]
        hypotheses = longer[:beam] or (hypotheses if drops else [])
    return hypotheses[0] if worst else max(hypotheses + ended, key=lambda hypothesis: hypothesis[1])


def _log_p(log_p_after, written):
    """Log p of a text, as far as it is written."""
    return sum(float(log_p_after(written[:place])[token]) for place, token in enumerate(written))


@exercise(
    "10.3",
    title="a beam with bugs",
    hints=(
        "There are three bugs. With beam 1 and length 1, the answer is the likeliest first token, and its log p: begin "
        "there. Then let a text end early.",
        "The log p of a text is the *sum* of those of its tokens, and of nothing at all it is 0. The best is the "
        "largest. What may be written behind the end?",
        "Begin with ((), 0.0); `total + log_p`; sort with reverse=True; and a hypothesis whose last token is 0 goes "
        "into `longer` as it is, with `continue`.",
    ),
)
def search(answer):
    """Mend the beam search.

    def search(log_p_after, beam, length):
        hypotheses = [((), 1.0)]  # written, log p
        for _ in range(length):
            longer = []
            for written, total in hypotheses:
                for token, log_p in enumerate(log_p_after(written)):
                    longer.append(((*written, token), total * log_p))
            hypotheses = sorted(longer, key=lambda hypothesis: hypothesis[1])[:beam]
        return hypotheses[0]  # (tokens, log p)

    check("10.3", search)
    """
    expect.function(answer, "search", ("log_p_after", "beam", "length"))
    for seed, beam, length in sorted(CASES, key=lambda case: (case[2], case[1])):
        model = _language(seed)
        found = expect.call(answer, model, beam, length, name="search")
        if isinstance(found, (list, tuple)) and len(found) and all(_is_pair(part) for part in found):
            raise Wrong("your search returns the whole beam, and its best hypothesis is asked for: (tokens, log p).")
        found = expect.parts(found, "tokens", "log p")
        written, total = _tokens(found[0], length), expect.number(found[1], "the log p that your search returns")
        _right_text(written, total, model, beam, length)
    return (
        "logarithms are added, ended texts keep their place, and the best is the one that stays. With beam 1 it is "
        "greedy; with a beam as wide as the language it finds the likeliest text there is."
    )


def _is_pair(value):
    """Whether this is one hypothesis: tokens, and a number."""
    return isinstance(value, (list, tuple)) and len(value) == 2 and np.ndim(value[0]) == 1 and np.ndim(value[1]) == 0


def _tokens(value, length):
    try:
        numbers = np.asarray(value, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError):
        raise Wrong("the first thing that your search returns should be a tuple of tokens, whole numbers.") from None
    if not len(numbers):
        raise Wrong("no token at all came back. The end is a token, too: the shortest text is (0,).")
    if not np.all((numbers == np.round(numbers)) & (numbers >= 0) & (numbers < SYMBOLS)):
        raise Wrong(
            f"your search should return tokens, whole numbers from 0 to {SYMBOLS - 1} in this language, and returns "
            f"{numbers[:8]}."
        )
    if len(numbers) > length:
        raise Wrong(f"a text of {len(numbers)} tokens came back, where {length} were allowed: the end is a token, too.")
    return tuple(int(number) for number in numbers)


def _right_text(written, total, model, beam, length):
    """Expect what a beam search finds, and name every slip that a wrong answer shows."""
    where = f"beam {beam}, length {length}"
    slips = []
    if total > 1e-6:
        slips.append(
            "a log p above 0 came back, and no probability is larger than 1: logarithms of probabilities are *added*, "
            "beginning with 0"
        )
    if END in written[:-1]:
        slips.append("a text goes on behind its end: what has ended keeps its place in the beam, as it is")
    true = _log_p(model, written)
    if not slips and not expect.near(total, true, rel=1e-4, tolerance=1e-5):
        if expect.near(total, np.exp(true), rel=1e-4):
            raise Wrong("what comes back is the probability, and its logarithm is asked for.")
        if expect.near(total, true / len(written), rel=1e-4):
            raise Wrong("what comes back is the mean over the tokens; log p of a text is the sum.")
        if expect.near(total, float(model(written[:-1])[written[-1]]), rel=1e-4):
            raise Wrong("what comes back is the log p of the last token alone: add up those of all tokens.")
        if written[-1] != END and expect.near(total, _log_p(model, (*written, END)), rel=1e-4):
            raise Wrong(
                f"the log p is that of {(*written, END)}, but {written} came back: the end is one of the tokens."
            )
        slips.append(f"the log p of {written} is {true:.3f}, the sum over its tokens, and not {total:.3f}")
    right = {_search(model, beam, length, kind=kind)[0] for kind in KINDS}
    if not slips and written in right:
        return
    if not slips and beam > 1 and written == _search(model, 1, length)[0]:
        slips.append(
            f"with {where} yours finds only what a greedy search finds: does it keep `beam` hypotheses, and ended ones?"
        )
    if not slips:
        for options, why in (
            ({"worst": True}, "the beam keeps the *least* likely texts: the best log p is the largest, nearest to 0"),
            ({"drops": True}, "what has ended is gone from the beam: it keeps its place there, as it is"),
            ({"last_only": True}, "hypotheses are compared by their last token alone: compare the sums"),
        ):
            if written == _search(model, beam, length, **options)[0]:
                slips.append(why)
                break
    if not slips:
        best = _search(model, beam, length)
        slips.append(
            f"with {where} the text {best[0]} is found, log p {best[1]:.3f}, and yours is {written}, {total:.3f}. Are "
            "ended texts compared with those that go on, and is the largest log p returned?"
        )
    if written == _search(model, beam, length, worst=True)[0] and "least" not in slips[-1]:
        slips.append("the beam keeps the *least* likely texts: the best log p is the largest, nearest to 0")
    raise Wrong("; ".join(slips).removesuffix("?") + ("?" if slips[-1].endswith("?") else "."))


WHY = {
    "a": "more steps do not close the gap: after the first training it knows its own dates, so there is little left in "
    "them to learn, and on the others twice the steps do not help",
    "c": "held-out dates are drawn like the others, in the same formats and languages; with all 20,000 dates to learn "
    "from, the same network reads these very dates, and nearly all rightly",
    "d": "a vector that is too small would spoil its own dates as well, and those it knows; besides, this network "
    "looks back at every place of the source",
}


@exercise(
    "10.5",
    title="a fortieth of the dates",
    hints=(
        "Give `fit` the shorter training part, train a new model from `build`, and let `translated` and `share_right` "
        "work on `dates.train` (now the 500) and on `dates.test`.",
        "After dates = dates._replace(train=dates.train[:500]): few = build(SHORT_STEPS); fit(few, SHORT_STEPS); "
        "share_right(translated(few, dates.train), dates.train), and the same with dates.test. Then all of it with "
        "2 * SHORT_STEPS.",
        "It is right on all that it learnt from, and far from that on the rest. Which of the four explains a gap that "
        "twice the steps do not close?",
    ),
)
def fewer_dates(answer):
    """Train on 500 dates, and explain what is measured.

    right_of_learnt = ...
    right_of_held_out = ...
    right_after_twice_the_steps = ...
    explanation = ...
    check("10.5", (right_of_learnt, right_of_held_out, right_after_twice_the_steps, explanation))
    """
    names = ("right_of_learnt", "right_of_held_out", "right_after_twice_the_steps", "explanation")
    *shares, letter = expect.parts(answer, *names)
    learnt, held_out, twice = (expect.number(value, f"`{name}`") for value, name in zip(shares, names[:3], strict=True))
    for value, name in zip((learnt, held_out, twice), names[:3], strict=True):
        if 1.0 < value <= 100.0 or not 0.0 <= value <= 100.0:
            raise Wrong(f"`{name}` is a share, from 0 to 1, and not {value:.4g}.")
    if learnt < held_out:
        raise Wrong("it should be better on the dates that it learnt from: are the first two swapped?")
    if learnt < 0.93:
        raise Wrong(
            f"on the 500 dates that it learnt from it should be nearly always right, and {learnt:.1%} is not that. Are "
            "these the first 500 of `dates.train`, and was this model trained on them, for SHORT_STEPS steps?"
        )
    for value, name, least in ((held_out, names[1], 0.3), (twice, names[2], 0.05)):
        if value > 0.92:
            raise Wrong(
                f"`{name}`: {value:.1%} of the held-out dates is what many thousands of dates teach. Was `dates` "
                "replaced before `fit`?"
            )
        if value < least:
            raise Wrong(f"`{name}`: 500 dates teach more than {value:.1%}. Is it measured on `dates.test`?")
    expect.choice(letter, "b", {"b": "right", **WHY})
    return (
        "it can say its own dates by heart, and has not found out how each month is called in every language: 500 "
        f"dates are sixteen for each. The gap of {learnt - held_out:.0%} closes with more dates. More steps only make "
        "it surer of what it knows."
    )
