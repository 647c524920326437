"""Pairs of texts as data of recipes: a source, and its translation."""

from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from gencourse import data, metrics, text

from .texts import Texts, read_text

HELD_OUT = 1000  # pairs of each kind that a translator is measured on
DATES_SEED = 0  # of the bundled dates: everybody learns and is measured on the same ones
END = "\n"  # ends each translation
BEAM = 8


class Tokenizers(NamedTuple):
    """Of both sides: what a translating network must fit."""

    source: text.CharacterTokenizer
    target: text.CharacterTokenizer


class Pairs(Texts):
    """Pairs of texts: "dates", or the path of a text file in UTF-8 with a source, a tab and its translation a line.

    The parameter "examples" is the number of dates that are made to train on; "locales" is "all", or those that are
    wanted, such as "de,fr".
    """

    bundled = ("dates",)
    drawn = HELD_OUT
    shown = 16
    separator = "\n"

    def __init__(self, source: str, *, holdout: float = 0.0, parameters=None):
        super().__init__(source, parameters=parameters)
        self.unseen = ()
        if source in self.bundled:
            if holdout:
                raise ValueError(f"{source!r} has a held-out part of its own. Received: holdout={holdout}.")
            named = self.parameters.get("locales", "all")
            locales = data.LOCALES if named == "all" else tuple(named.split(","))
            n = self.parameters.get("examples", 20_000)
            made = data.make_dates(n, held_out=HELD_OUT, locales=locales, seed=DATES_SEED)
            self.train, self.reference, self.unseen = made.train, made.test, made.unseen
            return
        if not 0.0 <= holdout < 1.0:
            raise ValueError(f"`holdout` must lie in [0, 1). Received: {holdout}.")
        pairs = read_pairs(Path(source))
        kept = len(pairs) - round(len(pairs) * holdout)
        if not kept:
            raise ValueError(f"A share of {holdout} of {len(pairs)} pairs leaves none. Received: holdout={holdout}.")
        self.train, self.reference = pairs[:kept], pairs[kept:] or pairs

    @property
    def corpus(self) -> str:
        """All that is trained on, in one piece."""
        return "".join(f"{source}\t{target}\n" for source, target in self.train)

    @cached_property
    def form(self) -> Tokenizers:
        """The tokenizers of both sides, made from the training pairs alone."""
        sources, targets = ("".join(side) for side in zip(*self.train, strict=True))
        return Tokenizers(text.CharacterTokenizer.train(sources), text.CharacterTokenizer.train(targets + END))

    def pass_steps(self, batch_size: int) -> int:
        """Batches in one pass over the pairs."""
        return data.steps_per_pass(len(self.train), batch_size)

    def stream(self, *, batch_size: int, seed: int, value_range=None, start_step: int = 0, labels: bool = False):
        """Endless batches of sources and targets, padded; each target is followed by its end."""
        sources = text.pad([self.form.source.encode(source) for source, _ in self.train])
        targets = text.pad([self.form.target.encode(target + END) for _, target in self.train])
        return data.batches((sources, targets), batch_size=batch_size, seed=seed, start_step=start_step)

    def write(self, model, n: int, *, seed: int, prompt: str | None = None, length: int | None = None, temperature=0.0):
        """`n` translations, each after its source and a tab: of held-out sources, or `n` of one that is given."""
        sources = [source for source, _ in self.reference] if prompt is None else [prompt]
        sources = (sources * -(-n // len(sources)))[:n]
        written = model.generate(
            n, sources=sources, temperature=temperature, max_length=length, unknown="replace", seed=seed
        )
        return [f"{source}\t{translation}" for source, translation in zip(sources, written, strict=True)]

    def evaluate(self, texts, labels=None) -> dict[str, float]:
        """Translations of held-out sources, each after its source and a tab: shares that are right, and BLEU."""
        asked = dict(self.reference)
        found = [line.partition("\t")[::2] for line in dict.fromkeys(texts)]
        found = [(translation, asked[source]) for source, translation in found if source in asked]
        if not found:
            raise ValueError(f"No text translates a held-out source of {self.source}. Received: {len(texts)} texts.")
        return {"n": len(found), **agreement(*zip(*found, strict=True))}

    judge = evaluate


def agreement(translations, targets) -> dict[str, float]:
    """How well translations agree with the right ones.

    Args:
        translations: strings.
        targets: as many.

    Returns:
        exact_match, the share that is right in every character; character_bleu, BLEU of characters.
    """
    right = sum(ours == theirs for ours, theirs in zip(translations, targets, strict=True))
    return {
        "exact_match": right / len(translations),
        "character_bleu": metrics.bleu(translations, targets, unit="characters", smoothing="floor"),
    }


def translation_quality(model, examples) -> dict[str, float]:
    """What a translator reaches beside the likeliest translations of held-out sources: bits per character of the right
    ones, the share that a beam gets right, and, of dates, the share in formats that it has never seen."""
    scores = {"bits_per_character": model.score(examples.reference, unknown="replace")["bits_per_character"]}
    sources, targets = zip(*examples.reference, strict=True)
    beam = min(BEAM, model.network.target_vocabulary_size)
    found = model.translate(sources, beam=beam, unknown="replace")
    scores["beam_exact_match"] = agreement(found, targets)["exact_match"]
    if examples.unseen:
        sources, targets = zip(*examples.unseen, strict=True)
        found = model.translate(sources, unknown="replace")
        scores["unseen_exact_match"] = agreement(found, targets)["exact_match"]
    return scores


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Reads a file of pairs; a ValueError names the first line that is none."""
    pairs = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        source, _, target = line.partition("\t")
        if not source or not target or "\t" in target:
            raise ValueError(f"{path}, line {number}: expected a source, one tab and a target. Received: {line!r}.")
        pairs.append((source, target))
    return pairs
