"""Encoder-decoder models: one network reads a text, another writes its translation and looks back at the source."""

from .attention import AdditiveAttention, Attention
from .decoding import Decoder, length_penalty
from .model import Translator
from .network import Memory, State, TranslationNetwork
from .recurrent import RecurrentTranslator, build_recurrent_translator
from .transformer import DecoderBlock, EncoderBlock, TransformerTranslator, build_transformer_translator

__all__ = [
    "AdditiveAttention",
    "Attention",
    "Decoder",
    "DecoderBlock",
    "EncoderBlock",
    "Memory",
    "RecurrentTranslator",
    "State",
    "TransformerTranslator",
    "TranslationNetwork",
    "Translator",
    "build_recurrent_translator",
    "build_transformer_translator",
    "length_penalty",
]
