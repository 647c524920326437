"""Language models that count: how often did this symbol follow these?"""

import numpy as np

from gencourse import losses


class NGram:
    """Predicts a token from the few before it, by counting, and from fewer where those were seldom seen.

    Interpolated absolute discounting: a discount d is taken from each count, and what it frees is shared out by the
    model that looks back one token less:
    p(w | h) = max(count(h w) - d, 0) / count(h) + d · kinds(h) / count(h) · p(w | h without its first token).

    Args:
        tokenizer: of `gencourse.text`.
        order: tokens that take part in a count, the predicted one included: 1 looks at nothing, 2 counts pairs.

    Raises:
        ValueError: for an order below 1, or one whose n-grams have no room in 63 bits.

    Reference:
        Ney, Essen and Kneser, "On structuring probabilistic dependences in stochastic language modelling", 1994.
    """

    def __init__(self, tokenizer, *, order: int):
        self.tokenizer, self.order, self.size = tokenizer, order, tokenizer.vocabulary_size
        if order < 1 or self.size**order >= 2**63:
            raise ValueError(f"`order` must be at least 1, and {self.size}^order below 2^63. Received: {order}.")
        self._tables = []

    def fit(self, text: str) -> "NGram":
        """Counts all n-grams of a text, up to the order."""
        tokens = self.tokenizer.encode(text).astype("int64")
        if len(tokens) <= self.order:
            raise ValueError(f"The text must be longer than the order, {self.order}. Received: {len(tokens)} tokens.")
        self._tables, keys = [], tokens
        for n in range(1, self.order + 1):
            if n > 1:  # the n-gram that ends at a token, as one number in base V
                keys = keys[:-1] * self.size + tokens[n - 1 :]
            self._tables.append(_Table(keys, self.size))
        return self

    def token_nats(self, text: str, *, order: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """-log p of each token of a text, given those before it.

        Args:
            text: at least one character.
            order: a lower order than the model's, to compare.

        Returns:
            The tokens, int32 (N,), and their nats, float64 (N,).
        """
        order = self._checked(order)
        tokens = self.tokenizer.encode(text)
        shares = np.full(len(tokens), 1.0 / self.size)
        for n in range(1, min(order, len(tokens)) + 1):
            history = np.zeros(len(tokens), "int64")
            for back in range(n - 1, 0, -1):  # the n - 1 tokens before each
                history[n - 1 :] = history[n - 1 :] * self.size + tokens[n - 1 - back : len(tokens) - back]
            longer = self._tables[n - 1].interpolate(history[n - 1 :], tokens[n - 1 :], shares[n - 1 :])
            shares = np.concatenate([shares[: n - 1], longer])
        return tokens, -np.log(shares)

    def score(self, text: str, *, order: int | None = None) -> dict[str, float]:
        """As `LanguageModel.score`: characters, nats and bits per character, perplexity, unknown."""
        tokens, nats = self.token_nats(text, order=order)
        strange = sum(self.tokenizer.unknown(text).values())
        known = ~np.isin(tokens, self.tokenizer.unwritten)
        return losses.per_character(nats[known].sum(), len(text) - strange, tokens=int(known.sum()), unknown=strange)

    def shares(self, text: str, *, order: int | None = None) -> np.ndarray:
        """The probability of each token after `text`, float64 (V,)."""
        return self._after(self.tokenizer.encode(text).tolist(), self._checked(order))

    def _after(self, tokens, order):
        every, shares = np.arange(self.size), np.full(self.size, 1.0 / self.size)
        for n in range(1, min(order, len(tokens) + 1) + 1):
            history = 0
            for token in tokens[len(tokens) - n + 1 :]:
                history = history * self.size + token
            shares = self._tables[n - 1].interpolate(np.full(self.size, history), every, shares)
        return shares

    def generate(self, n: int = 1, *, prompt: str = "", length: int = 200, order: int | None = None, seed: int = 0):
        """Writes `n` texts, one token after the other.

        Args:
            n: how many.
            prompt: the text to continue.
            length: new tokens.
            order: a lower order than the model's.
            seed: the same seed gives the same texts.

        Returns:
            A list of strings, without the prompt.

        Raises:
            ValueError: for numbers out of range, or a prompt with characters that the tokenizer does not know.
        """
        if n < 1 or length < 1:
            raise ValueError(f"`n` and `length` must be at least 1. Received: n={n}, length={length}.")
        order, rng, texts = self._checked(order), np.random.default_rng(seed), []
        given = self.tokenizer.encode(prompt, unknown="error").tolist()
        for _ in range(n):
            tokens = list(given)
            for _ in range(length):
                shares = self._after(tokens, order)
                shares[list(self.tokenizer.unwritten)] = 0.0
                tokens.append(int(rng.choice(self.size, p=shares / shares.sum())))
            texts.append(self.tokenizer.decode(tokens[len(given) :]))
        return texts

    def _checked(self, order):
        if not self._tables:
            raise ValueError("Count first: `fit` has not been called. Received: a model without counts.")
        order = self.order if order is None else order
        if not 1 <= order <= self.order:
            raise ValueError(f"`order` must lie in 1 … {self.order}. Received: {order}.")
        return order


class _Table:
    """Counts of the n-grams of one order, sorted by number, so that a search finds them."""

    def __init__(self, keys, size):
        self.size = size
        self.grams, self.counts = np.unique(keys, return_counts=True)
        self.histories, first = np.unique(self.grams // size, return_index=True)
        self.totals = np.add.reduceat(self.counts, first)
        self.kinds = np.diff([*first, len(self.grams)])  # different tokens that followed
        once, twice = (self.counts == 1).sum(), (self.counts == 2).sum()
        # Where every n-gram was seen often, a half leaves something for those never seen.
        self.discount = once / (once + 2 * twice) if once else 0.5

    def interpolate(self, history, token, lower):
        """p(token | history), given the probabilities `lower` of the model that looks back less: (N,) each."""
        place, known = _find(self.histories, history)
        total = np.where(known, self.totals[place], 1)
        freed = np.where(known, self.discount * self.kinds[place] / total, 1.0)
        place, seen = _find(self.grams, history * self.size + token)
        count = np.where(seen, self.counts[place], 0)
        return np.maximum(count - self.discount, 0.0) * (count > 0) / total + freed * lower


def _find(table, keys):
    place = np.minimum(np.searchsorted(table, keys), len(table) - 1)
    return place, table[place] == keys
