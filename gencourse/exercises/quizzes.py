"""Short quizzes: `quiz("03")` asks a few questions, and answers each option with why it is right or not.

A lesson's questions stand in `gencourse/quizzes/NN.toml`, words only, so that they can be read, mended and translated
without touching code. Where widgets run there are buttons; a page without a kernel shows the options as lines that
unfold.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from gencourse.exercises.words import marked

FOLDER = Path(__file__).parents[1] / "quizzes"
LETTERS = "abcde"


@dataclass(frozen=True)
class Option:
    """One possible answer: its words, whether it is right, and why or why not."""

    words: str
    right: bool
    why: str


@dataclass(frozen=True)
class Question:
    """What is asked, and the options to choose from, of which exactly one is right."""

    ask: str
    options: tuple[Option, ...]


class Quiz:
    """What `quiz` returns; the last value of a cell shows it.

    Attributes:
        lesson: two digits.
        questions: the `Question`s, in order.
        choices: for each question the ipywidgets `RadioButtons` with its options; [] where ipywidgets is missing.
        replies: for each question the ipywidgets `HTML` below it that says why; [] where ipywidgets is missing.
    """

    def __init__(self, lesson: str, questions: tuple[Question, ...]):
        self.lesson, self.questions = lesson, questions
        self.choices, self.replies, self._box = [], [], None
        self._build()

    def answer(self, number: int, letter: str) -> str:
        """Answers one question in words, for those who would rather type than click.

        Args:
            number: of the question, from 1.
            letter: of the option: "a", "b", ...

        Returns:
            A sentence that begins with "Right" or "Not quite" and says why.

        Raises:
            ValueError: if there is no such question or option.
        """
        if not isinstance(number, int) or not 1 <= number <= len(self.questions):
            raise ValueError(f"Questions have the numbers 1 to {len(self.questions)}. Received: {number!r}.")
        options = self.questions[number - 1].options
        known = LETTERS[: len(options)]
        if not isinstance(letter, str) or len(letter) != 1 or letter not in known:
            raise ValueError(f"Question {number} has the options {', '.join(known)}. Received: {letter!r}.")
        return reply(options[known.index(letter)])

    def __str__(self) -> str:
        blocks = []
        for number, question in enumerate(self.questions, start=1):
            lines = [f"{letter}) {option.words}" for letter, option in zip(LETTERS, question.options, strict=False)]
            blocks.append("\n".join([f"{number}. {question.ask}", *(f"   {line}" for line in lines)]))
        return "\n\n".join(blocks)

    __repr__ = __str__

    def _build(self):
        try:
            import ipywidgets as widgets
        except ImportError:
            return
        rows = []
        for number, question in enumerate(self.questions, start=1):
            options = [(option.words.replace("`", ""), index) for index, option in enumerate(question.options)]
            choice = widgets.RadioButtons(options=options, value=None, layout={"width": "auto"})
            said = widgets.HTML()
            choice.observe(lambda change, said=said, question=question: _say(said, question, change["new"]), "value")
            self.choices.append(choice)
            self.replies.append(said)
            rows += [widgets.HTML(f"<b>{number}.</b> {marked(question.ask)}"), choice, said]
        self._box = widgets.VBox(rows)

    def _repr_mimebundle_(self, include=None, exclude=None):
        count = f"{len(self.questions)} questions, with buttons where a kernel runs"
        shown = {"text/plain": count, "text/html": self._page()}
        if self._box is not None:
            bundle = self._box._repr_mimebundle_()
            bundle = bundle[0] if isinstance(bundle, tuple) else bundle
            shown |= {kind: data for kind, data in (bundle or {}).items() if kind != "text/plain"}
        return shown

    def _page(self) -> str:
        """The quiz as HTML that needs no script: each option unfolds to its answer."""
        parts = []
        for number, question in enumerate(self.questions, start=1):
            parts.append(f"<p><b>{number}.</b> {marked(question.ask)}</p>")
            for option in question.options:
                summary = f"<summary>{marked(option.words)}</summary>"
                parts.append(f"<details>{summary}<p>{marked(reply(option))}</p></details>")
        return "\n".join(parts)


def quiz(lesson: str) -> Quiz:
    """Asks a lesson's short questions; each answer is told why it is right or not.

    Args:
        lesson: two digits, such as "03".

    Returns:
        A `Quiz`, which shows itself.

    Raises:
        ValueError: if the lesson has no quiz, or its file is not as a quiz must be.

    Example:
        >>> exercises.quiz("03").answer(1, "b")
    """
    known = quizzes()
    if lesson not in known:
        raise ValueError(f"Lessons with a quiz are {', '.join(known)}. Received: {lesson!r}.")
    return Quiz(lesson, read(FOLDER / f"{lesson}.toml"))


def quizzes() -> list[str]:
    """Returns the lessons that have a quiz, as two digits each."""
    return sorted(path.stem for path in FOLDER.glob("[0-9][0-9].toml"))


def read(path: Path) -> tuple[Question, ...]:
    """Reads the questions of one file.

    Raises:
        ValueError: if a question lacks its words, its two to five options, or its one right option.
    """
    found = []
    for number, entry in enumerate(tomllib.loads(path.read_text(encoding="utf-8")).get("question", ()), start=1):
        where = f"Question {number} of {path.name}"
        try:
            options = tuple(
                Option(option["words"].strip(), option.get("right", False), option["why"].strip())
                for option in entry["option"]
            )
            question = Question(entry["ask"].strip(), options)
        except KeyError as error:
            raise ValueError(f"{where} must have `ask` and options with `words` and `why`. Missing: {error}.") from None
        right = sum(option.right for option in question.options)
        if not 2 <= len(question.options) <= len(LETTERS) or right != 1:
            raise ValueError(
                f"{where} must have 2 to {len(LETTERS)} options, one of them right. "
                f"Received: {len(question.options)} options, {right} right."
            )
        found.append(question)
    if not found:
        raise ValueError(f"{path.name} must hold at least one [[question]]. Received: none.")
    return tuple(found)


def reply(option: Option) -> str:
    """Returns the sentence that answers an option."""
    return f"{'Right' if option.right else 'Not quite'}: {option.why}"


def _say(said, question, index) -> None:
    if index is not None:
        option = question.options[index]
        said.value = f"<p>{'✓' if option.right else '✗'} {marked(reply(option))}</p>"
