"""Callbacks: a budget, progress that leaves tidy output, frames of samples, live curves, resume."""

from .budget import DECAYS, Budget
from .pictures import LiveFigure, SampleFrames
from .progress import Progress
from .resume import Resume

__all__ = ["DECAYS", "Budget", "LiveFigure", "Progress", "Resume", "SampleFrames"]
