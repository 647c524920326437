"""Noise schedules: how much of an image and how much noise a noisy image holds at each time of a diffusion."""

from .rates import SCHEDULES, Rates, cosine, get, linear

__all__ = ["SCHEDULES", "Rates", "cosine", "get", "linear"]
