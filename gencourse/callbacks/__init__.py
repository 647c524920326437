"""Callbacks: a budget, progress that leaves tidy output, frames of samples, live curves, held-out scores, resume."""

from .budget import DECAYS, Budget
from .heldout import HeldOut
from .pictures import LiveFigure, SampleFrames
from .progress import Progress
from .resume import Resume

__all__ = ["DECAYS", "Budget", "HeldOut", "LiveFigure", "Progress", "Resume", "SampleFrames"]
