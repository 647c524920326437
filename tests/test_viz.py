"""Properties of pictures: what is drawn, how small it is, shown once, and what is refused."""

import io

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from gencourse import viz

RNG = np.random.default_rng(0)
DIGITS = np.clip(RNG.normal(0.2, 0.3, (16, 28, 28)), 0, 1).astype(np.float32)
MEANS = 2.0 * np.stack([np.cos(np.arange(8) * np.pi / 4), np.sin(np.arange(8) * np.pi / 4)], axis=1)
POINTS = MEANS[RNG.integers(0, 8, 300)] + 0.1 * RNG.normal(size=(300, 2))
HISTORY = {"generator": [3.0, 2.0, 1.5], "discriminator": [0.5, 0.6, 0.65]}

PICTURES = {
    "image_grid": lambda: viz.image_grid(DIGITS, title="t", labels=range(16)),
    "compare_grids": lambda: viz.compare_grids({"a": DIGITS, "b": DIGITS[:4]}, title="t"),
    "scatter": lambda: viz.scatter({"a": POINTS, "b": POINTS}, limits=2.5, means=MEANS, std=0.1, title="t"),
    "density": lambda: viz.density(lambda p: -(p**2).sum(axis=1), limits=2, log=True, points=POINTS),
    "loss_curves": lambda: viz.loss_curves(HISTORY, smooth=2, events={2: "halved"}, title="t"),
    "latent_map": lambda: viz.latent_map(POINTS, np.arange(300) % 10, title="t"),
    "trade_off": lambda: viz.trade_off(
        {"a": [(0.1, 0.2), (0.3, 0.4)], "b": (0.2, 0.1)},
        x_label="x",
        y_label="y",
        ranges={"b": [((0.1, 0.3), (0.0, 0.2))]},
        notes={"a": [1.0, 0.5]},
        title="t",
    ),
    "precision_recall_plane": lambda: viz.precision_recall_plane({"a": (0.7, 0.2), "b": (0.1, 0.9)}, title="t"),
    "histogram": lambda: viz.histogram(POINTS[:, 0], density=lambda x: np.exp(-x * x), limits=(-1, 1)),
    "bars": lambda: viz.bars({"a": 1.0, "b": -2.0}, errors={"a": 0.1}, reference={"floor": 0.5}, title="t"),
    "timeline": lambda: viz.timeline([(2014, "GAN"), (1906, "Markov " * 40)], title="t"),
    "road": lambda: viz.road([("Data", "clean it"), ("Train", "then"), ("Look", "and")], columns=2, back="again"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_small_figures_that_pyplot_never_sees(name):
    settings = dict(matplotlib.rcParams)
    figure = PICTURES[name]()
    assert isinstance(figure, Figure)
    assert plt.get_fignums() == []
    assert dict(matplotlib.rcParams) == settings
    content = figure.png()
    assert len(content) < 30_000
    image = Image.open(io.BytesIO(content))
    assert image.size == tuple(int(side * figure.dpi) for side in figure.get_size_inches())
    assert max(image.size) <= 900
    small = [text.get_fontsize() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]
    assert min(small, default=9) >= 8
    assert PICTURES[name]().png() == content  # the same arrays, the same bytes


def test_a_picture_shows_itself_exactly_once():
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance()
    try:
        with capture_output() as captured:
            data, _ = shell.display_formatter.format(PICTURES["loss_curves"]())
        assert data == {}  # nothing is left for the cell's own result to show again
        assert len(captured.outputs) == 1
        assert captured.outputs[0].data["image/png"].startswith(b"\x89PNG")
    finally:
        InteractiveShell.clear_instance()


def test_mosaic_puts_every_tile_in_its_place():
    tiles = np.linspace(0, 1, 5)[:, None, None] * np.ones((5, 3, 4))
    grid = viz.mosaic(tiles, columns=2, gap=1)
    assert grid.shape == (3 * 4 + 1, 2 * 5 + 1, 1)
    for index in range(5):
        row, column = divmod(index, 2)
        tile = grid[1 + row * 4 : 4 + row * 4, 1 + column * 5 : 5 + column * 5, 0]
        assert np.all(tile == np.float32(tiles[index, 0, 0]))
    assert np.all(grid[9:, 6:] == 1.0)  # the empty sixth place, and the ground, are white
    assert np.all(grid[0] == 1.0)


def test_uint8_and_unit_floats_are_the_same_picture():
    as_bytes = np.rint(DIGITS * 255).astype(np.uint8)
    np.testing.assert_allclose(viz.mosaic(as_bytes), viz.mosaic(as_bytes / 255.0), atol=1e-6)
    assert viz.mosaic(DIGITS[..., None].repeat(3, axis=-1)).shape[-1] == 3


@pytest.mark.parametrize(
    "images",
    [
        DIGITS * 2 - 1,  # [-1, 1]: the range of a GAN's networks
        DIGITS * 255,
        DIGITS[0],
        DIGITS[:0],
        DIGITS[..., None].repeat(2, axis=-1),
        np.full((2, 4, 4), np.nan),
        np.zeros((2, 4, 4), int),
        np.zeros((401, 4, 4)),
    ],
)
def test_unfit_images_are_refused(images):
    with pytest.raises(ValueError, match="Received"):
        viz.image_grid(images)


@pytest.mark.parametrize(
    "call",
    [
        lambda: viz.image_grid(DIGITS, labels=[1, 2]),
        lambda: viz.image_grid(DIGITS, columns=0),
        lambda: viz.compare_grids({}),
        lambda: viz.compare_grids({str(n): DIGITS for n in range(6)}),
        lambda: viz.scatter(POINTS.T),
        lambda: viz.scatter(POINTS * np.nan),
        lambda: viz.scatter(POINTS, limits=(2, 1)),
        lambda: viz.scatter(POINTS, means=MEANS, std=-1),
        lambda: viz.density(lambda p: p, limits=2),
        lambda: viz.density(np.zeros(3), limits=2),
        lambda: viz.loss_curves({}),
        lambda: viz.loss_curves({"a": []}),
        lambda: viz.loss_curves(HISTORY, smooth=0),
        lambda: viz.loss_curves({"a": [1, 2]}, x=[1]),
        lambda: viz.histogram([]),
        lambda: viz.bars([1, 2]),
        lambda: viz.bars({"a": 1}, errors={"b": 1}),
        lambda: viz.timeline([]),
        lambda: viz.road([("a", "b")]),
    ],
)
def test_unfit_arguments_are_refused(call):
    with pytest.raises(ValueError, match="Received"):
        call()


def test_scatter_panels_share_limits_and_count_what_lies_outside():
    figure = viz.scatter({"a": POINTS, "b": 3 * POINTS}, limits=2.5, means=MEANS, std=0.1)
    first, second = figure.axes
    assert first.get_xlim() == second.get_xlim() == (-2.5, 2.5)
    assert [text.get_text() for text in first.texts] == []
    outside = int((np.abs(3 * POINTS) > 2.5).any(axis=1).sum())
    assert [text.get_text() for text in second.texts] == [f"{outside} of 300 outside"]
    assert len(first.patches) == 8
    assert first.patches[0].radius == pytest.approx(0.3)


def test_series_differ_in_more_than_colour():
    axes = viz.loss_curves({name: [1.0, 2.0] for name in "abcdefg"}).axes[0]
    assert len({(line.get_linestyle(), line.get_marker()) for line in axes.lines}) == 7
    assert len({line.get_marker() for line in axes.lines}) == 7


def test_smoothing_is_a_trailing_mean():
    axes = viz.loss_curves({"a": [1.0, 3.0, 5.0, 7.0]}, smooth=2).axes[0]
    raw, smooth = axes.lines
    np.testing.assert_allclose(raw.get_ydata(), [1, 3, 5, 7])
    np.testing.assert_allclose(smooth.get_ydata(), [1, 2, 4, 6])


def test_the_place_where_a_loss_stopped_being_finite_is_named():
    axes = viz.loss_curves({"a": [1.0, 2.0, np.nan, 1.0], "b": [np.inf]}).axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["a", "a: not finite from 3", "b: not finite from 1"]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [1, 2])


def test_histogram_has_area_one_and_says_what_is_outside():
    figure = viz.histogram(RNG.normal(size=1000), bins=50)
    values, edges, _ = figure.axes[0].patches[0].get_data()
    assert (values * np.diff(edges)).sum() == pytest.approx(1.0)
    figure = viz.histogram([0.0, 0.5, 9.0], limits=(0, 1))
    assert "1 of 3" in figure.axes[0].get_xlabel()


def test_bars_keep_their_order_and_write_their_numbers():
    figure = viz.bars({"first": 279.0, "second": 0.84})
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["first", "second"]
    assert axes.yaxis_inverted()
    assert [text.get_text() for text in axes.texts] == ["279", "0.84"]


def test_density_evaluates_where_it_draws():
    figure = viz.density(lambda p: (p[:, 0] > 0) & (p[:, 1] < 0), limits=(-1, 1, -2, 2), resolution=21)
    image = figure.axes[0].images[0]
    values = np.asarray(image.get_array())
    assert image.get_extent() == [-1, 1, -2, 2]
    assert image.origin == "lower"
    assert values[0, -1] == 1  # lower right
    assert values[-1, -1] == values[0, 0] == 0


def test_timeline_is_sorted_and_wraps():
    texts = [text.get_text() for text in PICTURES["timeline"]().axes[0].texts]
    assert texts[0::2] == ["1906", "2014"]
    assert texts[1].count("\n") == 1
    assert texts[1].endswith("…")


def test_no_diagram_text_leaves_its_picture():
    for name in ("road", "timeline", "bars"):
        figure = PICTURES[name]()
        figure.png()
        width, height = figure.get_size_inches() * figure.dpi
        for text in figure.axes[0].texts:
            if text.get_text():
                box = text.get_window_extent()
                assert box.x0 >= -1, (name, text)
                assert box.x1 <= width + 1, (name, text)
                assert box.y0 >= -1, (name, text)
                assert box.y1 <= height + 1, (name, text)


# ---------------------------------------------------------------- files


def gif_of(path):
    with Image.open(path) as image:
        return image.n_frames, image.size, path.stat().st_size


def test_gif(tmp_path):
    frames = [np.clip(DIGITS * (t / 30), 0, 1) for t in range(31)]
    path = viz.animate_grids(frames, tmp_path / "new" / "a.gif", columns=8)
    count, size, weight = gif_of(path)
    assert count == viz.MAX_FRAMES
    assert size == (8 * 30 + 2, 2 * 30 + 2)
    assert weight <= 100_000
    assert [p.name for p in path.parent.iterdir()] == ["a.gif"]
    shown = viz.show_gif(path)
    assert shown.data == path.read_bytes()
    assert shown.format == "gif"


def test_gif_of_noise_gives_up_colours_and_frames_before_it_grows_too_large(tmp_path):
    frames = list(RNG.random((24, 200, 200)))
    count, _, weight = gif_of(viz.save_gif(frames, tmp_path / "noise.gif"))
    assert weight <= 100_000
    assert 2 <= count < 24
    with pytest.raises(ValueError, match="smaller frames"):
        viz.save_gif(frames, tmp_path / "other.gif", max_bytes=500)
    assert not (tmp_path / "other.gif").exists()


def test_gif_of_figures(tmp_path):
    path = viz.save_gif([viz.scatter(POINTS * r, limits=2.5) for r in (0.5, 1.0)], tmp_path / "s.gif")
    assert gif_of(path)[0] == 2


@pytest.mark.parametrize(
    ("frames", "options"),
    [
        ([DIGITS[0]], {}),
        ([DIGITS[0]] * 25, {}),
        ([DIGITS[0], DIGITS[0][:5]], {}),
        ([DIGITS[0] * 3] * 2, {}),
        ([DIGITS[0]] * 2, {"colours": 1}),
        ([DIGITS[0]] * 2, {"fps": 0}),
    ],
)
def test_unfit_frames_are_refused(tmp_path, frames, options):
    (tmp_path / "a.gif").write_bytes(b"old")
    with pytest.raises(ValueError, match="Received"):
        viz.save_gif(frames, tmp_path / "a.gif", **options)
    assert (tmp_path / "a.gif").read_bytes() == b"old"


def test_thin_keeps_both_ends():
    for length in (2, 24, 25, 100):
        kept = viz.thin(range(length))
        assert len(kept) == min(length, 24)
        assert (kept[0], kept[-1]) == (0, length - 1)
        assert sorted(set(kept)) == kept


def test_show_gif_refuses_other_files(tmp_path):
    (tmp_path / "x.gif").write_bytes(b"<html>")
    with pytest.raises(ValueError, match="Received"):
        viz.show_gif(tmp_path / "x.gif")


def test_png_of_a_grid(tmp_path):
    path = viz.save_png(DIGITS, tmp_path / "grid.png", columns=4, enlarge=3)
    with Image.open(path) as image:
        assert image.size == (122 * 3, 122 * 3)
        pixels = np.asarray(image.convert("L"))
    assert pixels[6 + 1, 6 + 1] == np.rint(DIGITS[0, 0, 0] * 255)


def test_a_trade_off_has_a_line_for_each_knob_and_whiskers():
    axes = viz.trade_off(
        {"knob": [(0.1, 0.2), (0.3, 0.1)], "point": (0.2, 0.3)},
        x_label="alike",
        y_label="good",
        ranges={"point": [((0.1, 0.25), (0.2, 0.4))]},
        notes={"knob": ["cold", "warm"]},
    ).axes[0]
    knob, point, across, up = axes.lines
    np.testing.assert_allclose(knob.get_xydata(), [(0.1, 0.2), (0.3, 0.1)])
    np.testing.assert_allclose(point.get_xydata(), [(0.2, 0.3)])
    np.testing.assert_allclose(across.get_xydata(), [(0.1, 0.3), (0.25, 0.3)])
    np.testing.assert_allclose(up.get_xydata(), [(0.2, 0.2), (0.2, 0.4)])
    assert [text.get_text() for text in axes.texts] == ["cold", "warm"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("alike", "good")
    for bad, more in (
        ({"a": [1, 2, 3]}, {}),
        ({str(i): (0, 0) for i in range(8)}, {}),
        ({"a": (0, 0)}, {"notes": {"b": ["?"]}}),
        ({"a": (0, 0)}, {"ranges": {"a": [((0, 0), (0, 0))] * 2}}),
        ({"a": (0, np.nan)}, {}),
    ):
        with pytest.raises(ValueError, match="Received"):
            viz.trade_off(bad, x_label="x", y_label="y", **more)


def test_the_plane_has_precision_upwards_and_names_its_points():
    axes = viz.precision_recall_plane({"sharp": (0.9, 0.2), "broad": (0.3, 0.8)}).axes[0]
    places = {line.get_label(): (float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in axes.lines}
    assert places == {"sharp": (0.2, 0.9), "broad": (0.8, 0.3)}
    assert "precision" in axes.get_ylabel()
    assert len({line.get_marker() for line in axes.lines}) == 2
    many = viz.precision_recall_plane({str(i): (0.5, i / 20) for i in range(14)}).axes[0].lines
    assert len({(line.get_marker(), line.get_markerfacecolor()) for line in many}) == 14
    for bad in ({"a": (0.5, 1.2)}, {"a": (0.5,)}, {str(i): (0, 0) for i in range(15)}):
        with pytest.raises(ValueError, match="Received"):
            viz.precision_recall_plane(bad)


def test_a_latent_map_draws_each_code_as_its_numeral():
    axes = viz.latent_map(POINTS[:4], [3, 3, 7, 0]).axes[0]
    assert sorted(len(group.get_offsets()) for group in axes.collections) == [1, 1, 2]
    for bad in ([1, 2], [1, 2, 3, 10]):
        with pytest.raises(ValueError, match="One label from 0 to 9"):
            viz.latent_map(POINTS[:4], bad)
