"""Texts as data of recipes: prose in windows, quatrains one by one."""

from functools import cached_property
from pathlib import Path

import tensorflow as tf

from gencourse import data, metrics, text

EPOCH_STEPS = 100  # training steps between two points of a model's history
BETWEEN = "\uffff"  # is no character, so that no stretch of a corpus spans two texts


def read_text(path: Path) -> str:
    """Reads a file of UTF-8; a ValueError says what is wrong with another one."""
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a readable text in UTF-8. Received: {error}.") from None
    if not content.strip():
        raise ValueError(f"{path} must hold a text. Received: {len(content)} characters, all white space.")
    return content


class Texts:
    """What texts of all kinds share.

    Args:
        source: a bundled set, or for prose the path of a file.
        holdout: share of a file kept out of training, its end.
        parameters: a recipe's; "tokens" is "characters" or the size of a byte-pair vocabulary, "length" that of a
            training window in tokens; "carry" says whether windows follow each other (`text.streams`).

    Attributes:
        reference: what is held out: what a model's likelihood is measured on.
    """

    bundled: tuple[str, ...] = ()
    drawn = 32  # texts that are judged
    shown = 1  # texts that `sample` writes
    separator = "\n\n----\n\n"  # what stands between two of them in a file

    def __init__(self, source: str, *, holdout: float = 0.0, parameters=None):
        self.source, self.parameters = str(source), dict(parameters or {"tokens": "characters", "length": 64})

    @property
    def corpus(self) -> str:
        """The training text, in one piece."""
        raise NotImplementedError

    @cached_property
    def form(self):
        """The tokenizer, made from the training text alone: what a network must fit."""
        tokens = self.parameters["tokens"]
        if tokens == "characters":
            return text.CharacterTokenizer.train(self.corpus + "\n")  # the line break that stands before every text
        return text.BytePairTokenizer.train(self.corpus, vocabulary_size=tokens)

    @staticmethod
    def finish(samples, value_range=None):
        """Samples as they are stored: a list of strings."""
        return list(samples)

    def epoch_steps(self, batch_size: int) -> int:
        """Steps between two points of the history."""
        return EPOCH_STEPS


class Prose(Texts):
    """Running text: "austen", or the path of a text file in UTF-8."""

    bundled = ("austen",)

    def __init__(self, source: str, *, holdout: float = 0.0, parameters=None):
        super().__init__(source, parameters=parameters)
        if source in self.bundled:
            if holdout:
                raise ValueError(f"{source!r} has a held-out part of its own. Received: holdout={holdout}.")
            self.train, self.reference = data.load_austen()
            return
        if not 0.0 <= holdout < 1.0:
            raise ValueError(f"`holdout` must lie in [0, 1). Received: {holdout}.")
        content = read_text(Path(source))
        kept = len(content) - round(len(content) * holdout)
        self.train, self.reference = content[:kept], content[kept:] or content

    @property
    def corpus(self) -> str:
        """The training text."""
        return self.train

    @cached_property
    def _tokens(self):
        return self.form.encode(self.corpus)

    def pass_steps(self, batch_size: int) -> int:
        """Batches in one pass over the text."""
        length = self.parameters["length"]
        if self.parameters.get("carry"):
            return text.streams_per_pass(len(self._tokens), length, batch_size)
        return data.steps_per_pass(text.windows_per_pass(len(self._tokens), length), batch_size)

    def stream(self, *, batch_size: int, seed: int, value_range=None, start_step: int = 0, labels: bool = False):
        """Endless batches of windows and their targets."""
        cut = text.streams if self.parameters.get("carry") else text.windows
        length = self.parameters["length"]
        return cut(self._tokens, length=length, batch_size=batch_size, seed=seed, start_step=start_step)

    def write(self, model, n: int, *, seed: int, prompt: str | None = None, length: int = 400, temperature=1.0):
        """`n` texts of `length` tokens."""
        return model.generate(n, prompt=prompt or "", length=length, temperature=temperature, seed=seed)

    def evaluate(self, texts, labels=None) -> dict[str, float]:
        """Variety of the texts, and how much of them was copied from the training text."""
        written = BETWEEN.join(filter(None, texts))  # all at once: the training text is searched only once
        copied = metrics.copied_stretches(written, self.corpus) if written else {"copied_share": 0.0, "longest": 0}
        return {
            "n": len(texts),
            "distinct_3": metrics.distinct_n(texts, 3),
            "copied_share": copied["copied_share"] * len(written) / max(sum(map(len, texts)), 1),
            "longest_copy": copied["longest"],
        }

    judge = evaluate


class Sonnets(Prose):
    """Shakespeare's sonnets, one after the other, read with the tokens of the prose that a model learned before.

    The parameter "prose_share" mixes windows of that prose into each batch, so that it is not forgotten.
    """

    bundled = ("sonnets",)
    between = "\n\n"

    def __init__(self, source: str, *, holdout: float = 0.0, parameters=None):
        Texts.__init__(self, source, parameters=parameters)
        if source not in self.bundled or holdout:
            raise ValueError(
                f"This recipe goes on to {self.bundled[0]!r}, which have a held-out part of their own. "
                f"Received: {source!r}, holdout={holdout}."
            )
        splits = data.load_sonnets()
        self.train, self.reference = (self.between.join(part) + "\n" for part in splits)
        self.prose = Prose("austen", parameters=self.parameters)

    @cached_property
    def form(self):
        """The tokenizer of the prose."""
        return self.prose.form

    def stream(self, *, batch_size: int, seed: int, value_range=None, start_step: int = 0, labels: bool = False):
        """Endless batches of windows and their targets; a share of the windows ("prose_share") is prose."""
        from_prose = round(batch_size * self.parameters.get("prose_share", 0.0))
        options = {"seed": seed, "start_step": start_step}
        verse = super().stream(batch_size=batch_size - from_prose, **options)
        if not from_prose:
            return verse
        both = tf.data.Dataset.zip((verse, self.prose.stream(batch_size=from_prose, **options)))
        return both.map(lambda ours, old: tuple(tf.concat(parts, axis=0) for parts in zip(ours, old, strict=True)))


class Quatrains(Texts):
    """The Tang quatrains, each a text of its own under a heading that names its form."""

    bundled = ("quatrains",)
    drawn = 1000
    shown = 16
    separator = "\n"
    longest = 40  # tokens of a poem of seven characters a line, with room to go wrong

    def __init__(self, source: str, *, holdout: float = 0.0, parameters=None):
        super().__init__(source, parameters=parameters)
        if source not in self.bundled or holdout:
            raise ValueError(
                f"This recipe learns {self.bundled[0]!r}, which have a held-out part of their own. "
                f"Received: {source!r}, holdout={holdout}."
            )
        splits = data.load_quatrains()
        self.train = [data.quatrain_text(poem.lines) for poem in splits.train]
        self.reference = [data.quatrain_text(poem.lines) for poem in splits.test]
        self.lines = {line for poem in splits.train for line in poem.lines}

    @property
    def corpus(self) -> str:
        """All training poems, one after the other."""
        return "".join(self.train)

    def pass_steps(self, batch_size: int) -> int:
        """Batches in one pass over the poems."""
        return data.steps_per_pass(len(self.train), batch_size)

    def stream(self, *, batch_size: int, seed: int, value_range=None, start_step: int = 0, labels: bool = False):
        """Endless batches of whole poems, padded, and their targets; a line break stands before each."""
        rows = [self.form.encode("\n" + poem) for poem in self.train]
        return text.padded(rows, batch_size=batch_size, seed=seed, start_step=start_step)

    def write(self, model, n: int, *, seed: int, prompt: str | None = None, length: int | None = None, temperature=1.0):
        """`n` poems, with their headings: in fives and in sevens by turns unless a prompt says how to begin."""
        prompts = [*data.HEADINGS.values()] * n if prompt is None else [prompt] * n
        written = model.generate(
            n, prompt=prompts[:n], length=length or self.longest, temperature=temperature, stop="\n", seed=seed
        )
        return [before + after for before, after in zip(prompts, written, strict=False)]

    def evaluate(self, texts, labels=None) -> dict[str, float]:
        """Shares: of poems with four lines of the form their heading asks for, of different poems, of copied lines."""
        found = [data.quatrain_lines(written) for written in texts]
        lines = [line for poem in found if poem for line in poem]
        return {
            "n": len(texts),
            "form_rate": sum(poem is not None for poem in found) / len(texts),
            "distinct_poems": len(set(texts)) / len(texts),
            "copied_lines": sum(line in self.lines for line in lines) / max(len(lines), 1),
        }

    judge = evaluate
