"""What a learner has done so far, as a table that reads well in a cell and in a terminal."""

from dataclasses import dataclass

from gencourse.exercises import store
from gencourse.exercises.core import exercises_of, lessons
from gencourse.exercises.store import progress_path

__all__ = ["Progress", "progress", "progress_path"]


@dataclass(frozen=True)
class Progress:
    """Which exercises are done.

    Attributes:
        lessons: {lesson: {exercise: done}} for every exercise of the course.
        note: what was wrong with the progress file, or "".
    """

    lessons: dict
    note: str = ""

    def __str__(self) -> str:
        lines = []
        for lesson, done in self.lessons.items():
            ids = [name for name, passed in done.items() if passed]
            open_ids = [name for name, passed in done.items() if not passed]
            rest = f"; next: {open_ids[0]}" if open_ids and ids else ""
            names = f" ({', '.join(ids)})" if ids else ""
            lines.append(f"Lesson {lesson}: {len(ids)} of {len(done)} done{names}{rest}")
        return "\n".join([*lines, *([self.note] if self.note else [])])

    __repr__ = __str__


def progress() -> Progress:
    """Return which exercises of which lessons are done."""
    entries, note = store.read()
    table = {lesson: {name: "done" in entries.get(name, {}) for name in exercises_of(lesson)} for lesson in lessons()}
    return Progress(table, note)
