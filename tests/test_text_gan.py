"""Text GANs: softened draws, policy gradients, the loop that writes, and who moves whom."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from gencourse import language, latent_text, losses, sampling, text

LETTERS = text.CharacterTokenizer("abc\n")
V = LETTERS.vocabulary_size  # padding, unknown, "\n", "a", "b", "c"
END = int(LETTERS.encode("\n")[0])
ROWS = text.pad([LETTERS.encode(f"\n{word}\n") for word in ["ab", "abc", "b", "cab", "abab", "ca"] * 8])
BATCHES = (ROWS[:, :-1], ROWS[:, 1:])
LENGTH = 5


def generator(seed=1, **options):
    """A small network whose choices differ clearly."""
    network = language.build_recurrent(vocabulary_size=V, embedding_dim=4, units=(6,), **options)
    rng = np.random.default_rng(seed)
    for variable in network.trainable_variables:
        variable.assign(rng.normal(scale=0.6, size=variable.shape))
    return network


def fixed_generator(shares):
    """A network that gives its tokens the same probabilities whatever was read."""
    network = generator()
    for variable in network.trainable_variables:
        variable.assign(np.zeros(variable.shape))
    network.head.bias.assign(np.log(shares))
    return network


def convolutional():
    return latent_text.build_discriminator(vocabulary_size=V, embedding_dim=4, widths=(2, 3), filters=5)


def recurrent(name="critic"):
    return latent_text.build_recurrent_critic(vocabulary_size=V, embedding_dim=4, units=5, name=name)


def gumbel_model(network=None, judge=None, **options):
    keras.utils.set_random_seed(5)
    options = {"length": LENGTH, "seed": 3} | options
    return compiled(latent_text.TextGAN(network or generator(), judge or convolutional(), LETTERS, **options))


def policy_model(network=None, judge=None, **options):
    keras.utils.set_random_seed(5)
    options = {"length": LENGTH, "seed": 3, "critic": recurrent()} | options
    judge = judge or recurrent("discriminator")
    return compiled(latent_text.PolicyTextGAN(network or generator(), judge, LETTERS, **options))


def compiled(model, rate=1e-2):
    model.compile(**{role: keras.optimizers.Adam(rate) for role in model.optimizer_roles})
    return model


def train(model, steps=3):
    stream = tf.data.Dataset.from_tensor_slices(BATCHES).repeat().batch(16, drop_remainder=True)
    return model.fit(stream, steps_per_epoch=steps, verbose=0).history


every_model = pytest.mark.parametrize("make", [gumbel_model, policy_model])
every_judge = pytest.mark.parametrize("judge", [convolutional, recurrent])


# Softened draws


def test_gumbel_softmax_worked_by_hand():
    logits, noise = tf.constant([[0.0, math.log(2.0)]]), tf.constant([[math.log(3.0), 0.0]])
    # at temperature 1 the shares are 3 : 2, at 1/2 their squares 9 : 4
    np.testing.assert_allclose(sampling.gumbel_softmax(logits, 1.0, noise), [[3 / 5, 2 / 5]], rtol=1e-6)
    np.testing.assert_allclose(sampling.gumbel_softmax(logits, 0.5, noise), [[9 / 13, 4 / 13]], rtol=1e-6)
    np.testing.assert_allclose(sampling.gumbel_softmax(logits, 1.0, noise, hard=True), [[1.0, 0.0]], atol=1e-6)


def test_gumbel_noise_has_the_mean_and_the_spread_of_its_distribution():
    noise = sampling.gumbel_noise((200_000,), (1, 2)).numpy()
    assert noise.mean() == pytest.approx(0.5772, abs=0.01)  # Euler's constant
    assert noise.var() == pytest.approx(math.pi**2 / 6, abs=0.03)
    np.testing.assert_array_equal(noise[:5], sampling.gumbel_noise((200_000,), (1, 2)).numpy()[:5])


@pytest.mark.parametrize("temperature", [0.1, 1.0, 5.0])
def test_the_largest_share_is_a_draw_from_the_softmax(temperature):
    wanted = np.array([0.5, 0.3, 0.15, 0.05])
    logits = tf.tile(tf.math.log(tf.constant(wanted, tf.float32))[None], (40_000, 1))
    shares = sampling.gumbel_softmax(logits, temperature, sampling.gumbel_noise(logits.shape, (3, 4)))
    found = np.bincount(np.argmax(shares, axis=-1), minlength=4) / len(shares)
    np.testing.assert_allclose(found, wanted, atol=0.01)  # four standard errors


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-4, 4), min_size=2, max_size=6), st.integers(0, 99))
def test_shares_add_up_and_a_low_temperature_makes_them_one_hot(logits, seed):
    logits = tf.constant([logits], tf.float32)
    noise = sampling.gumbel_noise(logits.shape, (seed, 0))
    for temperature in (0.01, 0.5, 10.0):
        shares = sampling.gumbel_softmax(logits, temperature, noise)
        assert float(tf.reduce_sum(shares)) == pytest.approx(1.0, rel=1e-5)
    two = tf.sort(logits + noise, direction="DESCENDING")[0, :2]
    if float(two[0] - two[1]) > 0.1:
        assert float(tf.reduce_max(sampling.gumbel_softmax(logits, 0.01, noise))) > 0.999


def test_straight_through_gives_a_one_hot_draw_and_the_soft_gradient():
    logits, noise = tf.constant([[0.3, -0.2, 1.0]]), tf.constant([[0.5, 0.1, -0.4]])
    weights = tf.constant([[1.0, -2.0, 3.0]])
    gradients, values = [], []
    for hard in (False, True):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            shares = sampling.gumbel_softmax(logits, 0.7, noise, hard=hard)
            total = tf.reduce_sum(weights * shares)
        gradients.append(tape.gradient(total, logits).numpy())
        values.append(shares.numpy())
    np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-6)
    assert np.abs(gradients[0]).max() > 0.1
    np.testing.assert_allclose(values[1], np.eye(3)[[np.argmax(values[0])]], atol=1e-6)


def test_a_temperature_of_zero_is_refused():
    with pytest.raises(ValueError, match=r"above 0. Received: 0"):
        sampling.gumbel_softmax(tf.zeros((1, 2)), 0, tf.zeros((1, 2)))


# Policy gradients


def test_rewards_to_come_worked_by_hand():
    rewards = tf.constant([[1.0, 2.0, 4.0], [0.0, 0.0, 8.0]])
    np.testing.assert_allclose(losses.rewards_to_come(rewards, 0.5), [[3.0, 4.0, 4.0], [2.0, 4.0, 8.0]])
    np.testing.assert_allclose(losses.rewards_to_come(rewards, 0.0), rewards)
    np.testing.assert_allclose(losses.rewards_to_come(rewards, 1.0), [[7.0, 6.0, 4.0], [8.0, 8.0, 8.0]])
    with pytest.raises(ValueError, match=r"Received: 1.5"):
        losses.rewards_to_come(rewards, 1.5)


def bandit_gradient(baseline, arms=(0, 0, 0, 1), rewards=(2.0, -1.0)):
    """Gradient of the loss for two arms with probabilities 3/4 and 1/4, drawn exactly as often as that."""
    logits = tf.constant([math.log(3.0), 0.0])
    with tf.GradientTape() as tape:
        tape.watch(logits)
        chosen = tf.gather(tf.nn.log_softmax(logits), arms)[:, None]
        earned = tf.gather(tf.constant(rewards), arms)[:, None]
        loss = losses.policy_gradient_loss(chosen, earned, baseline, tf.ones_like(chosen, tf.bool))
    return tape.gradient(loss, logits).numpy()


def test_a_bandit_gets_the_exact_gradient():
    # E[r] = 2 p - (1 - p); dp/dlogit of the first arm is p (1 - p) = 3/16, of the other minus that
    np.testing.assert_allclose(bandit_gradient(0.0), [-9 / 16, 9 / 16], rtol=1e-5)


@pytest.mark.parametrize("baseline", [1.25, -7.0, 100.0])
def test_a_baseline_leaves_the_mean_gradient_alone(baseline):
    np.testing.assert_allclose(bandit_gradient(baseline), bandit_gradient(0.0), atol=1e-4)


def test_a_good_baseline_calms_the_gradient():
    def spread(baseline):
        one_draw_each = [bandit_gradient(baseline, arms=(arm,), rewards=(11.0, 10.0))[0] for arm in (0, 0, 0, 1)]
        return np.var(one_draw_each)

    assert spread(10.75) < spread(0.0) / 100  # 10.75 is the expected reward


def test_rewards_and_baseline_get_no_gradient_and_nothing_counts_behind_the_end():
    chosen, rewards = tf.constant([[-1.0, -2.0, -3.0]]), tf.constant([[1.0, 5.0, 100.0]])
    baseline, kept = tf.constant([[0.0, 1.0, 7.0]]), tf.constant([[True, True, False]])
    with tf.GradientTape() as tape:
        for tensor in (chosen, rewards, baseline):
            tape.watch(tensor)
        loss = losses.policy_gradient_loss(chosen, rewards, baseline, kept)
    assert float(loss) == pytest.approx((1 * 1 + 2 * 4) / 2)
    for_chosen, *others = tape.gradient(loss, [chosen, rewards, baseline])
    np.testing.assert_allclose(for_chosen, [[-0.5, -2.0, 0.0]])
    assert others == [None, None]


def test_entropy_worked_by_hand():
    logits = np.log([[0.5, 0.25, 0.25], [1 / 3, 1 / 3, 1 / 3]]).astype("float32")
    np.testing.assert_allclose(losses.entropy(logits), [1.5 * math.log(2), math.log(3)], rtol=1e-6)


# Judges


@every_judge
def test_a_judge_reads_tokens_and_one_hot_shares_alike(judge):
    judge, tokens = judge(), BATCHES[1][:4]
    found = judge(tokens)
    assert found.shape == ((4, 1) if judge.name == "discriminator" else tokens.shape)
    np.testing.assert_allclose(found, judge(tf.one_hot(tokens, V)), atol=1e-5)


@every_judge
def test_gradients_reach_the_shares(judge):
    judge, shares = judge(), tf.one_hot(BATCHES[1][:4], V)
    with tf.GradientTape() as tape:
        tape.watch(shares)
        verdict = tf.reduce_sum(judge(shares))
    assert float(tf.reduce_max(tf.abs(tape.gradient(verdict, shares)))) > 0


def test_a_recurrent_critic_does_not_look_ahead():
    critic, tokens = recurrent(), np.array(BATCHES[1][:1])
    before = critic(tokens).numpy()
    tokens[0, 3] = 3 if tokens[0, 3] != 3 else 4
    after = critic(tokens).numpy()
    np.testing.assert_allclose(before[0, :3], after[0, :3], atol=1e-6)
    assert abs(before[0, 3] - after[0, 3]) > 1e-5


# The loop that writes


def test_drawn_texts_end_where_they_should_and_are_as_likely_as_they_should_be():
    shares = np.array([0.3, 0.2, 0.25, 0.15, 0.06, 0.04])  # padding and unknown are never written: 1/2 is left
    written, kept = policy_model(fixed_generator(shares)).draw(4000)
    written, kept = written.numpy(), kept.numpy()
    ended = np.cumsum(written == END, axis=1) - (written == END) > 0
    np.testing.assert_array_equal(kept, ~ended)
    assert (written[ended] == text.PADDING).all()
    assert np.isin(written[kept], [END, 3, 4, 5]).all()
    found = np.bincount(written[:, 0], minlength=V)[2:] / 4000
    np.testing.assert_allclose(found, [0.5, 0.3, 0.12, 0.08], atol=0.03)


@pytest.mark.parametrize("straight_through", [True, False])
def test_imagined_texts_are_shares_and_nothing_stands_behind_their_end(straight_through):
    model = gumbel_model(straight_through=straight_through, temperature=0.8)
    shares, kept = (part.numpy() for part in model.imagine(50))
    assert shares.shape == (50, LENGTH, V)
    np.testing.assert_allclose(shares.sum(-1), 1.0, rtol=1e-5)
    assert (np.argmax(shares[~kept], -1) == text.PADDING).all()
    assert not kept.all()
    assert shares[kept][:, list(LETTERS.unwritten)].max() == 0.0
    largest = shares.max(-1)
    assert (largest > 0.999).all() if straight_through else (largest[kept] < 0.999).any()


def test_log_probabilities_are_those_of_the_loop_that_wrote():
    shares = np.array([0.3, 0.2, 0.25, 0.15, 0.06, 0.04])
    model = policy_model(fixed_generator(shares))
    written = tf.constant([[3, 4, END, 0, 0]])
    given = tf.concat([model.before(1), written[:, :-1]], axis=1)
    found, entropy = model.judged(given, written)
    np.testing.assert_allclose(found[0, :3], np.log([0.3, 0.12, 0.5]), rtol=1e-5)
    half = np.array([0.5, 0.3, 0.12, 0.08])
    np.testing.assert_allclose(entropy[0], np.full(5, -(half * np.log(half)).sum()), rtol=1e-5)


@every_judge
def test_rewards_stop_at_the_end(judge):
    model = policy_model(judge=judge())
    written = tf.constant([[3, 4, END, 0, 0], [3, 3, 3, 3, 3]])
    kept = tf.constant([[True, True, True, False, False], [True] * 5])
    rewards = model.rewards(written, kept).numpy()
    verdicts = 2 * tf.sigmoid(model.discriminator(written)).numpy() - 1
    if verdicts.shape[1] == 1:  # one verdict, which the last token gets
        expected = np.array([[0, 0, verdicts[0, 0], 0, 0], [0, 0, 0, 0, verdicts[1, 0]]])
    else:
        expected = np.where(kept, verdicts, 0)
    np.testing.assert_allclose(rewards, expected, atol=1e-6)


def test_what_stands_behind_the_end_does_not_move_the_policy():
    """A verdict on places that belong to no text would change the losses; it does not."""
    model = policy_model(discount=1.0)
    logits = model.verdicts(tf.constant([[3, END, 0, 0, 0]]), tf.constant([[True, True, False, False, False]]))
    assert logits.shape == (2,)


def test_real_texts_are_cut_and_padded_to_the_length():
    real = tf.constant(BATCHES[1][:2])
    short = gumbel_model(length=2).real_texts((real, real))
    np.testing.assert_array_equal(short, real[:, :2])
    long = gumbel_model(length=9).real_texts((real, real)).numpy()
    np.testing.assert_array_equal(long[:, : real.shape[1]], real)
    assert (long[:, real.shape[1] :] == text.PADDING).all()


# Training


def moved(model, role):
    """Which networks a few steps move, when all but one optimizer have a rate of 0."""
    for other in model.optimizer_roles:
        if other != role:
            getattr(model, other).learning_rate = 0.0
    before = {other: [v.numpy() for v in network.trainable_variables] for other, network in model.networks().items()}
    train(model)
    return {
        other
        for other, network in model.networks().items()
        if any(not np.array_equal(v, old) for v, old in zip(network.trainable_variables, before[other], strict=True))
    }


@every_model
def test_each_loss_moves_its_own_player(make):
    for role in make().optimizer_roles:
        assert moved(make(), role) == {role}


@every_model
def test_in_a_head_start_the_generator_stands_still(make):
    model = make(head_start=3)
    before = [v.numpy() for v in model.generator.trainable_variables]
    train(model, steps=3)
    for old, variable in zip(before, model.generator.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, variable)
    train_on = compiled(model)  # a new optimizer counts anew
    train_on.head_start = 0
    train_on.make_train_function(force=True)
    model.fit(tf.data.Dataset.from_tensors((BATCHES[0][:16], BATCHES[1][:16])), epochs=9, verbose=0)
    assert any(not np.array_equal(old, v) for old, v in zip(before, model.generator.trainable_variables, strict=True))


class LikesA(keras.Model):
    """A discriminator that finds every "a" real, and nothing else; its one weight counts for nothing."""

    vocabulary_size = V

    def __init__(self):
        super().__init__()
        self.idle = self.add_weight((1,), "zeros")
        self.built = True

    def call(self, tokens, training=None):
        shares = tokens if tokens.dtype.is_floating else tf.one_hot(tokens, V)
        return 6.0 * shares[..., 3] - 3.0 + self.idle


@every_model
def test_the_generator_learns_what_the_discriminator_likes(make):
    shares = np.full(V, 1 / V)
    model = make(fixed_generator(shares), LikesA(), clip_norm=None)
    model.compile(**{role: keras.optimizers.Adam(0.0 if "discr" in role else 0.05) for role in model.optimizer_roles})
    before = "".join(model.generate(200)).count("a")
    train(model, steps=60)
    texts = model.generate(200)
    assert "".join(texts).count("a") > 2 * before
    assert "".join(texts).count("a") > 0.8 * len("".join(texts))


def test_an_entropy_bonus_opens_choices():
    shares = np.array([0.1, 0.1, 0.6, 0.1, 0.05, 0.05])
    model = policy_model(fixed_generator(shares), entropy_weight=10.0)
    written = tf.constant([[3, 4, END, 0, 0]])
    given = tf.concat([model.before(1), written[:, :-1]], axis=1)
    before = float(model.judged(given, written)[1][0, 0])
    train(model, steps=30)
    assert float(model.judged(given, written)[1][0, 0]) > before + 0.1


def test_likelihood_beside_the_game_teaches_the_real_texts():
    model = policy_model(likelihood_weight=10.0)
    real = model.real_texts(tuple(map(tf.constant, BATCHES)))
    before = float(model.likelihood_loss(real))
    train(model, steps=40)
    assert float(model.likelihood_loss(real)) < before - 0.5


@every_model
def test_the_same_seed_gives_the_same_training_and_text(make):
    first, second = make(), make()
    train(first)
    train(second)
    assert first.generate(20, seed=4) == second.generate(20, seed=4)
    assert first.generate(20, seed=4) != first.generate(20, seed=5)
    assert all(len(written) <= LENGTH and "\n" not in written for written in first.generate(20))
    assert len(set(first.generate(5, temperature=0.0))) == 1


@every_model
def test_save_and_load(make, tmp_path):
    model = make()
    train(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.settings() == model.settings()
    np.testing.assert_allclose(loaded.discriminator(BATCHES[1]), model.discriminator(BATCHES[1]), atol=1e-6)
    assert loaded.generate(9, seed=1) == model.generate(9, seed=1)


def test_without_a_critic_there_is_no_optimizer_for_it(tmp_path):
    model = policy_model(critic=None)
    assert set(model.networks()) == {"generator_optimizer", "discriminator_optimizer"}
    assert np.isfinite(train(model)["critic_loss"]).all()
    model.save(tmp_path / "model.keras")
    train(keras.saving.load_model(tmp_path / "model.keras"))


def test_a_longer_start_is_read_before_the_first_token():
    rows = text.pad([LETTERS.encode(f"\nc{word}\n") for word in ["ab", "abc", "b", "cab"] * 4])
    for make in (gumbel_model, policy_model):
        model = make(start="\nc", **({"likelihood_weight": 1.0} if make is policy_model else {}))
        batch = tuple(map(tf.constant, (rows[:, :-1], rows[:, 1:])))
        np.testing.assert_array_equal(model.real_texts(batch)[:, 0], rows[:, 2])
        history = model.fit(tf.data.Dataset.from_tensors(batch), verbose=0).history
        assert all(np.isfinite(values).all() for values in history.values())


@every_model
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"length": 0}, r"Received: 0 and 0"),
        ({"head_start": -1}, r"Received: 5 and -1"),
        ({"start": ""}, r"Received: start=''"),
        ({"end": "z"}, r"end='z'"),
        ({"loss": "cosine"}, r"Received: 'cosine'"),
    ],
)
def test_errors(make, options, message):
    with pytest.raises(ValueError, match=message):
        make(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"reward": "money"}, r"Received: 'money'"),
        ({"discount": 2.0}, r"discount=2.0"),
        ({"entropy_weight": -1.0}, r"entropy_weight=-1.0"),
    ],
)
def test_errors_of_the_policy(options, message):
    with pytest.raises(ValueError, match=message):
        policy_model(**options)


def test_more_errors():
    with pytest.raises(ValueError, match=r"above 0. Received: 0"):
        gumbel_model(temperature=0)
    other = latent_text.build_discriminator(vocabulary_size=V + 1)
    with pytest.raises(ValueError, match=r"vocabulary of 6. Received: .*'discriminator': 7"):
        gumbel_model(judge=other)
    with pytest.raises(ValueError, match=r"Received: one of 7"):
        policy_model(critic=latent_text.build_recurrent_critic(vocabulary_size=V + 1))
    short = language.build_transformer(vocabulary_size=V, context=4, depth=1, heads=2, width=8)
    with pytest.raises(ValueError, match=r"back on 6 tokens. Received: context=4"):
        gumbel_model(short)
