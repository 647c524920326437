"""Metrics of generated samples. NumPy arrays in, plain numbers out; nothing may train on them."""

from .bleu import bleu, reference_bleu, self_bleu
from .distances import frechet_between_gaussians, frechet_distance, kernel_distance
from .evaluator import EVALUATORS, Evaluator, build_evaluator, load_evaluator
from .images import confident_share, evaluate_images
from .manifold import density_coverage, nearest_neighbour_distances, precision_recall
from .per_class import class_distances
from .points import mode_coverage, total_variation
from .restoration import bicubic, fill_smoothly, median_filter, nearest_example, pooled_psnr, psnr, ssim
from .text import copied_stretches, distinct_n, ngrams

__all__ = [
    "EVALUATORS",
    "Evaluator",
    "bicubic",
    "bleu",
    "build_evaluator",
    "class_distances",
    "confident_share",
    "copied_stretches",
    "density_coverage",
    "distinct_n",
    "evaluate_images",
    "fill_smoothly",
    "frechet_between_gaussians",
    "frechet_distance",
    "kernel_distance",
    "load_evaluator",
    "median_filter",
    "mode_coverage",
    "nearest_example",
    "nearest_neighbour_distances",
    "ngrams",
    "pooled_psnr",
    "precision_recall",
    "psnr",
    "reference_bleu",
    "self_bleu",
    "ssim",
    "total_variation",
]
