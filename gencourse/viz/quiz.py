"""Real or generated? A quiz that keeps score: with buttons where widgets run, elsewhere as one numbered picture."""

import base64
import html
import io
import math
import re
from dataclasses import dataclass

import numpy as np

from gencourse.viz.animation import _frame
from gencourse.viz.figure import still_and_widget
from gencourse.viz.grids import check_images, image_grid

WORDS = ("real", "generated")


@dataclass(frozen=True)
class Score:
    """How a quiz went; shows itself as sentences.

    Attributes:
        right, asked: answers that were right, and all of them.
        interval: (low, high), where the true share of right answers may lie, at 95% confidence.
        taken_for_real: {model: (pictures taken for real, pictures shown)}.
        real_doubted: (real pictures taken for generated, real pictures shown).
    """

    right: int
    asked: int
    interval: tuple[float, float]
    taken_for_real: dict
    real_doubted: tuple[int, int]

    def __str__(self) -> str:
        low, high = self.interval
        if low > 0.5:
            verdict = "That is better than guessing."
        elif high < 0.5:
            verdict = "That is worse than guessing: you see a difference, and take it the wrong way round."
        else:
            verdict = "Guessing would give 50%, and that is not excluded."
        models = ", ".join(f"{name} {taken} of {shown}" for name, (taken, shown) in self.taken_for_real.items())
        shares = {name: taken / shown for name, (taken, shown) in self.taken_for_real.items()}
        best = [name for name, share in shares.items() if share == max(shares.values())]
        if not any(shares.values()):
            fooled = "None of them fooled you."
        elif len(best) == len(shares) > 1:
            fooled = "All of them fooled you equally often."
        else:
            fooled = f"Most often fooled by: {' and '.join(best)}."
        return (
            f"{self.right} of {self.asked} right: {self.right / self.asked:.0%}; with so few pictures the truth may "
            f"lie anywhere from {low:.0%} to {high:.0%}. {verdict}\n"
            f"Taken for real: {models}. {fooled}\n"
            f"Real pictures taken for generated: {self.real_doubted[0]} of {self.real_doubted[1]}."
        )

    __repr__ = __str__


class Quiz:
    """What `quiz` returns; the last value of a cell shows it.

    Attributes:
        images: (N, H, W, C), the pictures in the order in which they are asked.
        answers: "real" or "generated" for each picture answered so far.
        buttons: {"real": widget, "generated": widget}; {} where ipywidgets is missing.
        still: bytes of the PNG that a reader without a kernel sees: all pictures, numbered.
    """

    def __init__(self, images, sources, *, enlarge: int):
        self.images, self.answers = images, []
        self._sources, self._enlarge = list(sources), enlarge  # a source is a model's name, or None for real
        picture = image_grid(images, columns=min(12, len(images)), labels=range(1, len(images) + 1))
        picture.colours = 16
        self.still = picture.png()
        self.buttons, self._box = {}, None
        self._build()

    def answer(self, answers) -> Score:
        """Scores answers to all pictures at once.

        Args:
            answers: a text with a word or letter for each picture, as "real generated g r"; or the numbers, from 1, of
                the pictures that look generated, such as [2, 5]: all others count as real.

        Returns:
            The score; it replaces what was answered before.

        Raises:
            ValueError: if there are too few or too many answers, an unknown word, or an unknown number.
        """
        self.answers = self._words(answers) if isinstance(answers, str) else self._numbers(answers)
        self._show()
        return self.score()

    def score(self) -> Score | None:
        """Returns the score of the answers given so far; None before the first."""
        asked = len(self.answers)
        if not asked:
            return None
        given = list(zip(self._sources[:asked], self.answers, strict=True))
        right = sum((source is None) == (word == "real") for source, word in given)
        shown = sorted({source for source, _ in given if source is not None}, key=self._sources.index)
        taken = {name: [word == "real" for source, word in given if source == name] for name in shown}
        doubted = [word == "generated" for source, word in given if source is None]
        return Score(
            right,
            asked,
            interval(right, asked),
            {name: (sum(words), len(words)) for name, words in taken.items()},
            (sum(doubted), len(doubted)),
        )

    def truth(self) -> dict:
        """Returns {source: numbers of its pictures, from 1}, real ones first. Look only when you have answered."""
        names = [None, *sorted({source for source in self._sources if source is not None})]
        numbers = {name: [i for i, source in enumerate(self._sources, start=1) if source == name] for name in names}
        return {"real" if name is None else name: of for name, of in numbers.items()}

    def _words(self, text: str) -> list[str]:
        words = re.findall(r"[^\s,;]+", text.lower())
        if len(words) == 1 and len(words[0]) == len(self.images) and set(words[0]) <= {"r", "g"}:
            words = list(words[0])
        unknown = [word for word in words if word not in {"r", "g", *WORDS}]
        if unknown:
            raise ValueError(f'An answer is "real" or "generated", or its first letter. Received: {unknown[0]!r}.')
        if len(words) != len(self.images):
            raise ValueError(f"One answer for each of {len(self.images)} pictures is needed. Received: {len(words)}.")
        return [WORDS[word[0] == "g"] for word in words]

    def _numbers(self, numbers) -> list[str]:
        numbers = list(numbers)
        whole = all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in numbers)
        if not whole or not all(1 <= n <= len(self.images) for n in numbers):
            raise ValueError(f"Pictures are numbered from 1 to {len(self.images)}. Received: {numbers}.")
        return [WORDS[i in numbers] for i in range(1, len(self.images) + 1)]

    def _build(self) -> None:
        try:
            import ipywidgets as widgets
        except ImportError:
            return
        self._title, self._picture = widgets.HTML(), widgets.HTML()
        for word in WORDS:
            button = widgets.Button(description=word, tooltip=f"I take this picture for {word}")
            button.on_click(lambda _, word=word: self._press(word))
            self.buttons[word] = button
        self._box = widgets.VBox([self._title, self._picture, widgets.HBox([*self.buttons.values()])])
        self._show()

    def _press(self, word: str) -> None:
        if len(self.answers) < len(self.images):
            self.answers.append(word)
            self._show()

    def _show(self) -> None:
        """Shows the next picture, or how it went."""
        if not self.buttons:
            return
        number, count = len(self.answers) + 1, len(self.images)
        over = number > count
        for button in self.buttons.values():
            button.disabled = over
        if over:
            shown = "; ".join(f"{name}: {', '.join(map(str, of))}" for name, of in self.truth().items())
            self._title.value = "<br>".join(html.escape(line) for line in str(self.score()).splitlines())
            self._picture.value = f"{_image(self.still, f'all {count} pictures, numbered')}<br>{html.escape(shown)}"
            return
        tile = np.repeat(np.repeat(self.images[number - 1], self._enlarge, axis=0), self._enlarge, axis=1)
        stream = io.BytesIO()
        _frame(tile).save(stream, "png")
        self._title.value = f"Picture {number} of {count}: real or generated?"
        self._picture.value = _image(stream.getvalue(), f"picture {number} of {count}")

    def _repr_mimebundle_(self, include=None, exclude=None):
        words = (
            f"A quiz: {len(self.images)} numbered pictures, some real, some generated. It needs eyes; `truth()` tells "
            "which are which."
        )
        return still_and_widget(self.still, words, self._box)


def quiz(real, generated: dict, *, questions: int = 24, seed: int = 0, enlarge: int = 6) -> Quiz:
    """Asks of some pictures whether they are real or generated, and keeps score.

    In JupyterLab and Colab there is one picture after another with two buttons. Where no kernel runs or ipywidgets is
    missing, a still picture shows them all, numbered, and `answer` scores them.

    Args:
        real: (N, H, W) or (N, H, W, C), floats in [0, 1] or uint8.
        generated: {model: images of the same size}.
        questions: how many pictures. Half of them are real; the models share the other half evenly.
        seed: the same seed asks the same pictures in the same order.
        enlarge: screen pixels for one image pixel.

    Returns:
        A `Quiz`.

    Raises:
        ValueError: for images of other shapes or ranges, too few of them, or fewer questions than two for each model.

    Example:
        >>> game = viz.quiz(real_images, {"GAN": samples}, questions=4)
        >>> game.answer("r g r g")
    """
    if not isinstance(generated, dict) or not generated:
        raise ValueError(f"`generated` must be a dictionary of images. Received: {type(generated).__name__}.")
    if questions < 2 * len(generated):
        raise ValueError(
            f"{len(generated)} models need at least {2 * len(generated)} questions. Received: {questions}."
        )
    rng = np.random.default_rng(seed)
    models = [list(generated)[i] for i in rng.permutation(len(generated))]
    half = questions // 2
    counts = {name: half // len(models) + (i < half % len(models)) for i, name in enumerate(models)}
    tiles, sources = [], []
    for name, count in {None: questions - half, **counts}.items():
        images = check_images(real if name is None else generated[name], "real" if name is None else str(name))
        if len(images) < count:
            raise ValueError(f"{count} pictures of {name or 'real'!r} are needed. Received: {len(images)}.")
        tiles += list(images[rng.choice(len(images), count, replace=False)])
        sources += [name] * count
    shapes = {tile.shape for tile in tiles}
    if len(shapes) > 1:
        raise ValueError(f"All pictures must be of one shape. Received: {sorted(shapes)}.")
    order = rng.permutation(questions)
    return Quiz(np.stack(tiles)[order], [sources[i] for i in order], enlarge=enlarge)


def interval(right: int, asked: int, z: float = 1.96) -> tuple[float, float]:
    """Returns (low, high) for a share, at 95% confidence: Wilson's interval, sensible for small numbers, too."""
    share, extra = right / asked, z * z / asked
    middle = (share + extra / 2) / (1 + extra)
    half = z * math.sqrt(share * (1 - share) / asked + extra / (4 * asked)) / (1 + extra)
    return max(0.0, middle - half), min(1.0, middle + half)


def _image(png: bytes, alt: str) -> str:
    return f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{base64.b64encode(png).decode("ascii")}">'
