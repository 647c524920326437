"""Pictures for those who do not see them, or not their colours: descriptions, where they go, and palettes."""

import base64

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib import colormaps
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure

from gencourse import viz
from gencourse.viz.describe import LONGEST, SWITCH, describe, shorten
from gencourse.viz.figure import COLOURS, INKS, STYLE, new_figure
from gencourse.viz.text import COLOUR_MAP

RNG = np.random.default_rng(0)
DIGITS = RNG.random((6, 8, 8)).astype("float32")
POINTS = np.array([[0.0, 1.0], [2.0, 3.0], [1.0, 5.0]])


@pytest.fixture(autouse=True)
def _silent(monkeypatch):
    monkeypatch.delenv(SWITCH, raising=False)


@pytest.fixture
def shell():
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (
            lambda: viz.loss_curves({"critic": [3.0, 1.0, 2.0], "nats": [np.nan]}, title="Losses", y_label="loss"),
            "Losses: x: epoch, 1 to 3; y: loss; line critic, 3 values from 3 to 2, lowest 1; "
            "mark nats: not finite from 1.",
        ),
        (
            lambda: viz.bars(
                {"GAN": 2.91, "VAE": 12345.6}, errors={"GAN": 0.1}, reference={"real": 1.2}, unit="distance"
            ),
            "x: distance; bars: GAN 2.91, VAE 12,300; mark real: 1.2; 1 whisker.",
        ),
        (
            lambda: viz.image_grid(DIGITS, columns=3, title="Six", labels="abcdef"),
            "Six: 6 images of 8 × 8 pixels, 3 in a row, labelled a, b, c, d, e, f.",
        ),
        (
            lambda: viz.scatter({"first": POINTS, "then": POINTS + 1}, means=POINTS),
            "2 panels. Panel 1, first: 3 points, x 0 to 2, y 1 to 5; 3 marks. "
            "Panel 2, then: 3 points, x 1 to 3, y 2 to 6; 3 marks.",
        ),
        (
            lambda: viz.precision_recall_plane({"sharp": (0.9, 0.2)}),
            "x: recall: nothing left out; y: precision: looks real; sharp, a point at 0.2, 0.9.",
        ),
        (
            lambda: viz.latent_map(POINTS, [7, 7, 0], title="Codes"),
            "Codes: x: first latent; y: second latent; class 0, a point at 1, 5; class 7, 2 points around 1, 2.",
        ),
        (
            lambda: viz.density(np.eye(3)[:, :2], limits=3),
            "a map of 3 rows × 2 columns, values 0 to 1, largest at x -1.5, y -2. Colours for values from 0 to 1.",
        ),
        (
            lambda: viz.symbol_table([[0.1, 0.2], [0.9, 0.3]], "ab"),
            "x: next symbol; y: symbol; a map of 2 rows × 2 columns, values 0.1 to 0.9, largest in row b, column a. "
            "Colours for share from 0 to 0.9.",
        ),
        (
            lambda: viz.attention_map([[0.2, 0.8], [1.0, 0.0]], ["to", "be"]),
            "weights of 2 × 2 tokens; each looks most: to at be, be at to. Colours for weight from 0 to 1.",
        ),
        (
            lambda: viz.histogram([0.0, 0.2, 0.9], bins=2, limits=(0, 1)),
            "x: value; y: density; histogram samples, from 0 to 1, highest 1.33 near 0.25.",
        ),
        (
            lambda: viz.coloured_text("to be", [0, 0, 0, 5.0, 1]),
            "5 characters with 0 to 5 bits, most at “b”: “to be”. Colours for bits from 0 to 5.",
        ),
        (
            lambda: viz.code_tiles({"boot": np.array([[1, 2], [3, 4]])}, DIGITS[:1]),
            "2 panels. Panel 1: an image of 8 × 8 pixels. "
            "Panel 2, boot: 2 rows × 2 columns of codes, the first row 1 2.",
        ),
        (
            lambda: viz.code_points(POINTS, POINTS[:2], used=[True, False]),
            "3 points; codes in use: 1; struck out: 1.",
        ),
        (lambda: viz.paths(np.zeros((4, 3, 2))), "3 paths of 4 places each."),
        (lambda: viz.word_map(POINTS, ["cat", "dog", "red"], groups=[0, 0, 1]), "3 words, by group: cat, dog; red."),
        (lambda: viz.road([("Data", "clean it"), ("Train", "then")]), "text: 1 Data, clean it, 2 Train, then."),
        (lambda: viz.timeline([(2014, "GAN"), (1906, "Markov")], title="Then"), "Then: text: 1906, Markov, 2014, GAN."),
    ],
)
def test_a_description_says_what_is_drawn(draw, words):
    said = draw().description()
    assert said == words
    assert len(said) <= LONGEST


def test_arrows_tell_their_mean_length():
    said = viz.arrows((POINTS, np.tile([0.3, 0.4], (3, 1))), limits=6).description()
    assert said == "3 arrows, on average 0.5 long as drawn."


def test_a_learners_own_axes_are_described_whatever_they_hold():
    figure = new_figure(3, 3)
    axes = figure.subplots(1, 3)
    axes[0].fill_between([0, 1], [0, 1])
    axes[0].plot([], [], label="nothing")
    axes[0].plot([np.nan, np.nan], label="no number")
    axes[1].imshow(np.zeros((4, 5, 3)))
    axes[1].pie([1, 2])
    axes[2].scatter([0, np.nan], [1, 2])
    axes[2].bar(["a", "b"], [1, 2])
    said = figure.description()
    assert "Panel 2: an image of 4 rows × 5 columns" in said
    assert "bars: a 1, b 2; 2 points, x 0 to 0" in said
    assert describe(Figure()) == ""


def test_a_long_description_is_cut_after_a_word():
    said = viz.loss_curves({name: RNG.normal(size=30) for name in "abcdefg"}).description()
    assert 300 < len(said) <= LONGEST
    assert said.endswith(" …")
    assert shorten("one two three", 10) == "one two …"
    assert shorten("one two", 7) == "one two"


def shown(value):
    """All that reaches a front end: of `display` calls and of the cell's own result."""
    with capture_output() as captured:
        data, metadata = InteractiveShell.instance().display_formatter.format(value)
    return [(one.data, one.metadata) for one in captured.outputs] + ([(data, metadata)] if data else [])


@pytest.fixture
def things(tmp_path):
    """One of each kind of thing that shows itself as an image, with the image's kind."""
    gif = viz.animate_grids([DIGITS, DIGITS[::-1]], tmp_path / "a.gif", fps=2)
    return {
        "image/png": viz.image_grid(DIGITS),
        "image/gif": viz.show_gif(gif),
        "explorer": viz.explore(lambda a: np.full((4, 4, 1), (a + 3) / 6), ["slant"]),
        "quiz": viz.quiz(DIGITS[:3], {"GAN": DIGITS[3:]}, questions=4),
    }


def test_every_image_carries_its_words_as_metadata_and_as_plain_text(shell, things):
    words = {
        "image/png": "6 images of 8 × 8 pixels",
        "image/gif": "Animation of 2 frames in 2.0 seconds",
        "explorer": "A picture with sliders from -3 to 3: slant.",
        "quiz": "A quiz: 4 numbered pictures",
    }
    for kind, thing in things.items():
        ((data, metadata),) = shown(thing)
        mime = kind if kind.startswith("image/") else "image/png"
        assert data["text/plain"].startswith(words[kind])
        assert metadata[mime]["alt"] == data["text/plain"]
        assert base64.b64decode(data[mime]) if isinstance(data[mime], str) else data[mime]


def test_descriptions_are_shown_when_asked_for(shell, things):
    viz.describe_pictures()
    for thing in things.values():
        outputs = [data for data, _ in shown(thing)]
        (alone,) = [data for data in outputs if set(data) == {"text/plain"}]
        (image,) = [data for data in outputs if set(data) != {"text/plain"}]
        assert alone["text/plain"] == image["text/plain"]
    viz.describe_pictures(False)
    assert len(shown(things["image/png"])) == 1


def test_the_environment_switches_descriptions_on(shell, monkeypatch):
    for value, count in (("1", 2), ("0", 1), ("", 1)):
        monkeypatch.setenv(SWITCH, value)
        assert len(shown(viz.image_grid(DIGITS))) == count


# ---------------------------------------------------------------- colours

# Machado, Oliveira and Fernandes (2009): what full protanopia, deuteranopia and tritanopia make of linear RGB.
SIGHTS = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colours):
    """Linear RGB in [0, 1], (N, 3), of anything that matplotlib takes for colours."""
    encoded = to_rgba_array(colours)[:, :3]
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def luminance(colours):
    return linear(colours) @ TO_XYZ[1]


def lab(colours, sight):
    """CIELAB of colours as a person with that sight sees them, (N, 3)."""
    seen = np.clip(linear(colours) @ np.transpose(SIGHTS[sight]), 0, 1) @ TO_XYZ.T / TO_XYZ.sum(axis=1)
    x, y, z = np.where(seen > (6 / 29) ** 3, np.cbrt(seen), seen / (3 * (6 / 29) ** 2) + 4 / 29).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("palette", [COLOURS, INKS], ids=["lines", "letters"])
def test_any_two_colours_of_a_palette_differ_for_every_kind_of_sight(sight, palette):
    seen = lab(palette, sight)
    apart = np.linalg.norm(seen[:, None] - seen[None], axis=-1)[np.triu_indices(len(seen), 1)]
    assert apart.min() > 14


def test_colours_stand_out_from_white():
    contrast = 1.05 / (luminance(COLOURS) + 0.05)
    assert contrast.min() > 2.2
    assert (1.05 / (luminance(INKS) + 0.05)).min() >= 4.5


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("name", [STYLE["image.cmap"], COLOUR_MAP, "cividis"])
def test_colour_maps_go_one_way_in_lightness(name, sight):
    lightness = lab(colormaps[name](np.linspace(0, 1, 64)), sight)[:, 0]
    steps = np.diff(lightness)
    assert (steps > 0).all() or (steps < 0).all()
    assert abs(lightness[-1] - lightness[0]) > 65


def test_seven_series_differ_without_their_colours():
    names = "abcdefg"
    lines = viz.trade_off({name: RNG.random((3, 2)) for name in names}, x_label="x", y_label="y").axes[0].lines
    assert len({line.get_marker() for line in lines}) == 7
    assert len({str(line._unscaled_dash_pattern) for line in lines}) == 7
    words = viz.word_map(RNG.random((7, 2)), names, groups=range(7)).axes[0].texts
    assert len({(word.get_family()[0], word.get_style(), word.get_weight()) for word in words}) == 7
    edges = viz.histogram({name: RNG.random(9) for name in "abcd"}).axes[0].patches
    assert len({patch.get_linestyle() for patch in edges if patch.get_label()}) == 4


def test_what_a_mask_hides_is_hatched_and_a_small_weight_is_not():
    axes = viz.attention_map([[0.999, 0.001], [1.0, 0.0]], ["to", "be"]).axes[0]
    assert axes.patch.get_hatch()
    assert axes.images[0].to_rgba(axes.images[0].get_array())[..., 3].tolist() == [[1, 1], [1, 0]]


def test_points_and_levels_of_a_density_are_seen_on_light_and_on_dark_ground():
    axes = viz.density(lambda places: places[:, 0] + 3, limits=3, points=POINTS, resolution=9).axes[0]
    assert [line.get_color() for line in axes.lines] == ["black", "white"]
    assert axes.lines[0].get_markersize() > axes.lines[1].get_markersize()
    dark, light = axes.collections
    assert dark.get_linewidths()[0] > light.get_linewidths()[0]
