"""Fine-tuning with few weights: low-rank adapters."""

import math

from .network import LanguageNetwork


def add_adapters(network: LanguageNetwork, *, rank: int = 8) -> int:
    """Freezes a trained network and gives each of its dense layers a small correction to learn.

    A frozen matrix W (D, D') becomes W + A B with A (D, rank) and B (rank, D'); B starts at zero, so at first nothing
    changes. Compile the model again afterwards: the optimizer must know the new weights. Saving a model adds the
    corrections to the matrices. Keras does the work: `Dense.enable_lora`.

    Args:
        network: of a trained language model; it is changed in place.
        rank: columns of A, at least 1.

    Returns:
        The number of weights that still learn.

    Raises:
        ValueError: if `rank` is below 1, the network has adapters already, or holds no dense layer.

    Reference:
        Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2022.
    """
    if rank < 1:
        raise ValueError(f"`rank` must be at least 1. Received: {rank}.")
    dense = [layer for block in network.blocks for layer in getattr(block, "dense_layers", ())]
    if not dense:
        raise ValueError(f"Adapters are for transformers' dense layers. Received: {network.name!r}, which has none.")
    if any(layer.lora_enabled for layer in dense):
        raise ValueError(f"The network {network.name!r} has adapters already. Received: rank={rank}.")
    for variable in network.trainable_variables:
        variable.trainable = False
    for layer in dense:
        layer.enable_lora(rank)
    return sum(math.prod(variable.shape) for variable in network.trainable_variables)
