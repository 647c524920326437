"""Short texts as data of recipes, and what is measured of models that write such: quality against diversity."""

from gencourse import data, language, latent_text, metrics, text

from .texts import Texts

END = "\n"  # ends each text, and stands before it
TEMPERATURES = (0.8, 0.6, 0.4)  # beside 1: a model is a curve, not a point
BOUND_SAMPLES = 16  # importance-weighted draws behind the likelihood of a model with latents


class ShortTexts(Texts):
    """Texts of one line each: "sentences" out of Austen's novels, or "lines" of seven characters of Tang poems."""

    bundled = ("sentences", "lines")
    drawn = 1000
    shown = 16
    separator = "\n"
    longest = 48  # tokens, with room to go wrong

    def __init__(self, source: str, *, holdout: float = 0.0, parameters=None):
        super().__init__(source, parameters=parameters)
        if source not in self.bundled or holdout:
            raise ValueError(
                f"This recipe learns {' or '.join(self.bundled)}, which have a held-out part of their own. "
                f"Received: {source!r}, holdout={holdout}."
            )
        self.unit, self.max_n = ("words", 4) if source == "sentences" else ("characters", 3)
        self.train, self.reference = data.load_sentences() if source == "sentences" else _tang_lines()

    @property
    def corpus(self) -> str:
        """All training texts, one a line."""
        return END.join(self.train)

    def pass_steps(self, batch_size: int) -> int:
        """Batches in one pass over the texts."""
        return data.steps_per_pass(len(self.train), batch_size)

    def stream(self, *, batch_size: int, seed: int, value_range=None, start_step: int = 0, labels: bool = False):
        """Endless batches of whole texts, padded, and their targets."""
        rows = [self.form.encode(END + one + END) for one in self.train]
        return text.padded(rows, batch_size=batch_size, seed=seed, start_step=start_step)

    def write(self, model, n: int, *, seed: int, prompt: str | None = None, length: int | None = None, temperature=1.0):
        """`n` texts; a language model can go on with a prompt."""
        if not isinstance(model, language.LanguageModel):
            if prompt is not None or length is not None:
                raise ValueError(f"This model begins and ends texts itself. Received: {prompt=}, {length=}.")
            return model.generate(n, temperature=temperature, seed=seed)
        options = {"length": length or self.longest, "temperature": temperature, "stop": END, "seed": seed}
        return [(prompt or "") + written for written in model.generate(n, prompt=prompt or "", **options)]

    def evaluate(self, texts, labels=None) -> dict[str, float]:
        """Quality, diversity and novelty of texts: BLEU against the held-out ones, and against each other; shares of
        different texts, of different groups of three words (or characters), and of texts copied from training; and
        the mean length in characters, on which BLEU depends."""
        known = set(self.train)
        return {
            "n": len(texts),
            "reference_bleu": metrics.reference_bleu(texts, self.reference, max_n=self.max_n, unit=self.unit),
            "self_bleu": metrics.self_bleu(texts, max_n=self.max_n, unit=self.unit),
            "different": len(set(texts)) / len(texts),
            "distinct_3": metrics.distinct_n(texts, 3, unit=self.unit) if any(map(self._has_three, texts)) else 0.0,
            "copied": sum(one in known for one in texts) / len(texts),
            "mean_length": sum(map(len, texts)) / len(texts),
        }

    judge = evaluate

    def _has_three(self, one: str) -> bool:
        return bool(metrics.ngrams(one, 3, unit=self.unit))


def likelihood(model, texts, *, seed: int = 0) -> dict[str, float]:
    """How well a model of short texts predicts some, each with its end.

    Args:
        model: a `LanguageModel`, a `TextVAE` (whose likelihood is a bound, with its `kl`), or a text GAN, whose
            generator is scored as the language model that it is.
        texts: a list of texts, without their ends.
        seed: of the draws behind a bound.

    Returns:
        Measures by name: bits_per_character, perplexity of a token and more.
    """
    if isinstance(model, latent_text.TextVAE):
        return model.score(texts, samples=BOUND_SAMPLES, seed=seed)
    if not isinstance(model, language.LanguageModel):
        model = language.LanguageModel(model.generator, model.tokenizer, start=END)
    return model.score([one + END for one in texts])


def quality_and_diversity(model, examples) -> dict[str, float]:
    """The likelihood of held-out texts, and quality and diversity of samples at lower temperatures."""
    scores = likelihood(model, examples.reference)
    for temperature in TEMPERATURES:
        written = examples.evaluate(examples.write(model, examples.drawn, seed=0, temperature=temperature))
        for measure in ("reference_bleu", "self_bleu", "copied"):
            scores[f"{measure}_at_{temperature}"] = written[measure]
    return scores


def _tang_lines(size: int = 7):
    """Different lines of the poems to train on, and those of the held-out poems that are not among them."""
    train, test = (
        dict.fromkeys(line for poem in part for line in poem.lines if len(line) == size)
        for part in data.load_quatrains()
    )
    return tuple(train), tuple(line for line in test if line not in train)
