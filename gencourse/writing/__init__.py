"""Writing texts with any network that reads token after token: prompts, rules, the compiled loop, streaming."""

from .decoding import Decoder, Rules
from .writer import Options, Writer

__all__ = ["Decoder", "Options", "Rules", "Writer"]
