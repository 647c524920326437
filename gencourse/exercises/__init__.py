"""Exercises: `check("01.2", answer)` answers in a sentence, `hint("01.2")` helps in stages, `progress()` counts;
`quiz("01")` asks before them.

Each lesson's checks stand in `lesson_NN.py` and are found there by themselves. Progress is kept in plain JSON, in the
file that GENCOURSE_PROGRESS names, or else in the user's data folder.
"""

from gencourse.exercises.core import Answer, Hint, Wrong, check, exercise, exercises_of, hint, lessons
from gencourse.exercises.notebook import Progress, progress, progress_path
from gencourse.exercises.quizzes import quiz

__all__ = [
    "Answer",
    "Hint",
    "Progress",
    "Wrong",
    "check",
    "exercise",
    "exercises_of",
    "hint",
    "lessons",
    "progress",
    "progress_path",
    "quiz",
]
