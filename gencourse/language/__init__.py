"""Language models: n-grams, recurrent networks and decoder-only transformers."""

from .adapters import add_adapters
from .model import LanguageModel
from .network import LanguageNetwork
from .ngram import NGram
from .recurrent import RecurrentBlock, build_recurrent
from .scoring import scored_windows
from .transformer import CausalSelfAttention, TransformerBlock, build_transformer, causal_attention, rotate

__all__ = [
    "CausalSelfAttention",
    "LanguageModel",
    "LanguageNetwork",
    "NGram",
    "RecurrentBlock",
    "TransformerBlock",
    "add_adapters",
    "build_recurrent",
    "build_transformer",
    "causal_attention",
    "rotate",
    "scored_windows",
]
