"""What is measured of the models in a comparison, and of what stands beside them: images, and sentences."""

import statistics
import time
from collections import Counter

import numpy as np

from gencourse import data, language, metrics, text

from .domains import Images
from .runs import Run, sample, sample_labels, source
from .short import ShortTexts, likelihood
from .texts import Prose

BINARISED = ("digits",)  # sets that a model in the table draws black and white
TIMED_IMAGES = 1000
TIMED_DRAWS = 5
PASSAGES, PASSAGE = 64, 2000  # of running text, written at once, and their tokens
ORDER = 6  # of the n-gram model in the table: the best of lesson 04's


class ImageContest:
    """Models of one image set, judged by its evaluator.

    Args:
        name: "digits" or "fashion".
    """

    told = ("frechet", "precision", "recall", "nearest_train")

    def __init__(self, name: str):
        self.examples = Images(name)

    def check(self, label: str, run: Run) -> None:
        """Raises a ValueError for a model of other images."""
        if run.settings["data"] != self.examples.source:
            raise ValueError(
                f"All rows here are of {self.examples.source!r}. "
                f"Received: {label!r}, trained on {run.settings['data']!r}."
            )

    def judge(self, run: Run, n: int, seed: int) -> dict[str, float]:
        """Scores `n` samples."""
        return self.examples.judge(sample(run, n, seed=seed), sample_labels(run, n))

    def about(self, run: Run) -> dict[str, float]:
        """What does not depend on the samples."""
        return {"images_per_second": round(images_per_second(run))}

    def others(self):
        """(label, kind, function of n and seed) of the rows that are no models."""
        black_and_white = ("the same, black and white", "binary", lambda n, seed: self._floor(n, seed, binary=True))
        return (
            ("real, other images (floor)", "floor", self._floor),
            *((black_and_white,) if self.examples.source in BINARISED else ()),
            ("the copier", "copier", lambda n, seed: self.examples.judge(self._real(n, seed)[0])),
            ("noise", "noise", self._noise),
        )

    def _real(self, n: int, seed: int):
        """Training images (n, ...) drawn without replacement, and all the others."""
        order = np.random.default_rng(seed).permutation(len(self.examples.train))
        return data.to_unit(self.examples.train[order[:n]]), data.to_unit(self.examples.train[order[n:]])

    def _floor(self, n: int, seed: int, *, binary: bool = False) -> dict[str, float]:
        """Real images in the place of generated ones; neighbours are looked for among the *other* training images.

        Drawn black and white, they are the floor of models that draw no greys.
        """
        images, others = self._real(n, seed)
        images = data.binarise(images, seed=seed) if binary else images
        evaluator = metrics.load_evaluator(self.examples.evaluator_name)
        scores = metrics.evaluate_images(images, data.to_unit(self.examples.reference), evaluator, training=others)
        return {**scores, "confident_share": metrics.confident_share(images, evaluator)}

    def _noise(self, n: int, seed: int) -> dict[str, float]:
        return self.examples.judge(np.random.default_rng(seed).random((n, *self.examples.form), "float32"))


def images_per_second(run: Run, *, n: int = TIMED_IMAGES, draws: int = TIMED_DRAWS) -> float:
    """Speed of sampling: the median of some draws of `n` images, after one that warms up."""
    return n / _median_seconds(lambda seed: sample(run, n, seed=seed), draws)


class TextContest:
    """Models that write English: of sentences, or of running text, which is cut into sentences.

    Every model is judged by as many sentences of 20 to 80 characters, beside held-out ones. Its likelihood is that of
    what it was made for: "likelihood_of" says whether held-out sentences, one by one, or the held-out running text.
    """

    name = "sentences"
    told = ("bits_per_character", "reference_bleu", "self_bleu", "copied")

    def __init__(self, name: str = name):
        self.examples = ShortTexts(name)
        self.prose = data.load_austen()
        self.novels = plain(self.prose.train)

    def check(self, label: str, run: Run) -> None:
        """Raises a ValueError for a model of other texts."""
        if run.settings["data"] not in (self.name, "austen"):
            raise ValueError(
                f"All rows here are of 'austen' or {self.name!r}. "
                f"Received: {label!r}, trained on {run.settings['data']!r}."
            )

    def judge(self, run: Run, n: int, seed: int) -> dict[str, float]:
        """Scores `n` sentences."""
        return self.scores(self.write(run, n, seed), self.novels)

    def scores(self, sentences, novels: str) -> dict[str, float]:
        """Quality, diversity, and what was copied: whole sentences, and stretches of 30 characters or more."""
        stretches = metrics.copied_stretches("\n".join(sentences), novels)
        return {
            **self.examples.evaluate(sentences),
            "copied_share": stretches["copied_share"],
            "longest_copy": stretches["longest"],
        }

    def write(self, run: Run, n: int, seed: int) -> list[str]:
        """`n` sentences of a model, those of running text cut out of it."""
        if run.settings["data"] == self.name:
            return sample(run, n, seed=seed)
        return self._out_of_passages(lambda k: sample(run, PASSAGES, seed=1000 * seed + k, length=PASSAGE), n)

    def _out_of_passages(self, write, n: int) -> list[str]:
        found, k = [], 0
        while len(found) < n:
            found += [one for passage in write(k) for one in data.split_sentences(passage)]
            k += 1
        return found[:n]

    def about(self, run: Run) -> dict[str, float]:
        """The likelihood of held-out text, and the speed of writing, 64 texts at once."""
        examples = source(run.settings)
        if isinstance(examples, Prose):
            scores, kind, options = run.model.score(examples.reference), "running text", {"length": 400}
        else:
            scores, kind, options = likelihood(run.model, examples.reference), "sentences", {}
        written = sample(run, PASSAGES, seed=1, **options)
        seconds = _median_seconds(lambda seed: sample(run, PASSAGES, seed=1, **options), TIMED_DRAWS)
        return {
            "bits_per_character": scores["bits_per_character"],
            "perplexity": scores["perplexity"],
            "likelihood_of": kind,
            "characters_per_second": round(sum(map(len, written)) / seconds),
        }

    def others(self):
        """(label, kind, function of n and seed) of the rows that are no networks."""
        return (
            (f"{ORDER}-gram (04)", "counts", self._counts),
            ("real, other sentences (floor)", "floor", self._floor),
            ("the copier", "copier", lambda n, seed: self.scores(self._real(n, seed), self.novels)),
            ("words by their frequency", "noise", self._noise),
        )

    def _counts(self, n: int, seed: int) -> dict[str, float]:
        """Lesson 04's best n-gram model, in the place of a network."""
        tokenizer = text.CharacterTokenizer.train(self.prose.train)
        model = language.NGram(tokenizer, order=ORDER).fit(self.prose.train)
        known = model.score(self.prose.test)
        began = time.perf_counter()
        (passage,) = model.generate(length=PASSAGE, seed=seed)
        seconds = time.perf_counter() - began

        def write(k):
            return [passage] if k == 0 else model.generate(length=10 * PASSAGE, seed=1000 * seed + k)

        return {
            **self.scores(self._out_of_passages(write, n), self.novels),
            "bits_per_character": known["bits_per_character"],
            "perplexity": known["perplexity"],
            "characters_per_second": round(len(passage) / seconds),
        }

    def _real(self, n: int, seed: int) -> list[str]:
        order = np.random.default_rng(seed).permutation(len(self.examples.train))
        return [self.examples.train[i] for i in order[:n]]

    def _floor(self, n: int, seed: int) -> dict[str, float]:
        """Held-out sentences would be their own references; these are real, and are looked for among the *others*."""
        chosen = set(self._real(n, seed))
        others = [one for one in data.split_sentences(self.prose.train, shortest=1, longest=10**6) if one not in chosen]
        scores = self.scores(list(chosen), "\n".join(others))
        return {**scores, "copied": sum(one in set(others) for one in chosen) / n}

    def _noise(self, n: int, seed: int) -> dict[str, float]:
        """Sentences of true lengths whose words are drawn by their frequency, one by one."""
        rng = np.random.default_rng(seed)
        words, counts = zip(*Counter(" ".join(self.examples.train).split()).items(), strict=True)
        shares = np.array(counts) / sum(counts)
        lengths = [len(one.split()) for one in self._real(n, seed)]
        return self.scores([" ".join(rng.choice(words, size=k, p=shares)) for k in lengths], self.novels)


def plain(passage: str) -> str:
    """Running prose as sentences are written, one a line: without line breaks inside, quotation marks and brackets."""
    return "\n".join(data.split_sentences(passage, shortest=1, longest=10**6))


def _median_seconds(draw, times: int) -> float:
    draw(0)  # warms up
    seconds = []
    for seed in range(1, times + 1):
        began = time.perf_counter()
        draw(seed)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)
