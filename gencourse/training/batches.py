"""What a training step is given."""


def token_pairs(batch):
    """Returns the two halves of a batch of texts, after a look at them.

    Args:
        batch: a pair of tokens and of the tokens after each, whole numbers (B, T), as `text.windows`, `text.streams`
            and `text.padded` make them.

    Returns:
        Inputs and targets.

    Raises:
        ValueError: for anything else.
    """
    if not isinstance(batch, tuple | list) or len(batch) != 2:
        raise ValueError(f"Expected pairs of tokens and their targets. Received: {batch}.")
    inputs, targets = batch
    if len(inputs.shape) != 2 or inputs.shape != targets.shape or not inputs.dtype.is_integer:
        raise ValueError(
            "Expected tokens and their targets, whole numbers of shape (B, T). "
            f"Received: a batch of shape {tuple(inputs.shape)} and dtype {inputs.dtype.name}."
        )
    return inputs, targets
