"""How well a language model predicts a text, in units that do not depend on its tokens."""

import numpy as np

WINDOW = 1024  # tokens that a recurrent network reads in one go
WARM_UP = 256  # of which so many, seen before, only fill its memory


def scored_windows(tokens, context: int | None):
    """Cuts a text into windows that overlap, so that each token is predicted once, from a good stretch before it.

    Args:
        tokens: int32 (N + 1,), the first of which is given and not predicted.
        context: tokens that the network can look back on; None for a recurrent one.

    Returns:
        inputs int32 (K, W), targets int32 (K, W), and `scored`, bool (K, W), True exactly once for each of the N tokens
        to predict. With a context W is the context and half of it is seen before; a recurrent network reads 1,024
        tokens, 256 of them seen before.
    """
    window = WINDOW if context is None else context
    stride = window - (WARM_UP if context is None else window // 2)
    n = len(tokens) - 1
    starts = np.arange(0, max(n - (window - stride), 1), stride)
    places = starts[:, None] + np.arange(window)[None, :]  # of the inputs; a target stands one further
    inside = places < n
    scored = inside & ((places - starts[:, None] >= window - stride) | (starts[:, None] == 0))
    extended = np.concatenate([tokens, np.zeros(window, "int32")]).astype("int32")
    return extended[places], extended[places + 1], scored
