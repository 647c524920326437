"""One small animation, written whole or not at all."""

import io
import os
import tempfile
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from gencourse.viz.describe import say
from gencourse.viz.figure import to_image
from gencourse.viz.grids import check_images, mosaic

MAX_FRAMES = 24
MAX_BYTES = 100_000


def thin(frames, *, limit: int = MAX_FRAMES) -> list:
    """Keep at most `limit` frames, evenly spread, the first and the last among them."""
    frames = list(frames)
    if limit < 2:
        raise ValueError(f"`limit` must be at least 2. Received: {limit}")
    if len(frames) <= limit:
        return frames
    return [frames[index] for index in np.linspace(0, len(frames) - 1, limit).round().astype(int)]


def _write_whole(path: Path, content: bytes) -> None:
    """Write `content` to a temporary file beside `path`, then move it there in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _frame(frame) -> Image.Image:
    """Return one frame, an array (H, W), (H, W, 1) or (H, W, 3) or a Figure, as an RGB image."""
    if isinstance(frame, Figure):
        return to_image(frame).convert("RGB")
    array = np.asarray(frame)
    array = array[..., None] if array.ndim == 2 else array
    unit = check_images(array[None] if array.ndim == 3 else array, "frames")[0]
    pixels = np.rint(unit * 255.0).astype(np.uint8)
    return Image.fromarray(np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else pixels)


def _encode(images, colours: int, fps: float) -> bytes:
    """Encode RGB images as a GIF whose frames share one palette, so that nothing flickers."""
    strip = Image.fromarray(np.concatenate([np.asarray(image) for image in images]))
    palette = strip.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    frames = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]
    stream = io.BytesIO()
    duration = [round(1000 / fps)] * (len(frames) - 1) + [1500]  # rest on the last frame
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:], duration=duration, loop=0, optimize=True)
    return stream.getvalue()


def save_gif(frames, path, *, fps: float = 6.0, colours: int = 16, max_bytes: int = MAX_BYTES) -> Path:
    """Write frames as an endlessly repeated GIF that is small enough to be kept in a notebook.

    Args:
        frames: 2 to 24 Figures or arrays (H, W), (H, W, 1) or (H, W, 3), floats in [0, 1] or uint8, all of
            one size. `thin(frames)` picks 24 out of more.
        path: file to write; it appears whole or not at all.
        fps: frames a second.
        colours: 2 to 256 colours for all frames together.
        max_bytes: the most the file may weigh. While it weighs more, the colours are halved, down to 4; then
            frames are left out, evenly, the first and the last kept.

    Returns:
        The path.

    Raises:
        ValueError: for too few or many frames, unequal sizes, or a file too large even so.
    """
    frames = list(frames)
    if not 2 <= len(frames) <= MAX_FRAMES:
        raise ValueError(f"A GIF takes 2 to {MAX_FRAMES} frames; `thin(frames)` picks some. Received: {len(frames)}")
    if not 2 <= colours <= 256 or not 0 < fps <= 50:
        raise ValueError(f"`colours` must be 2 to 256 and `fps` above 0 to 50. Received: {colours} and {fps}")
    images = [_frame(frame) for frame in frames]
    sizes = {image.size for image in images}
    if len(sizes) > 1:
        raise ValueError(f"All frames must have one size. Received: {sorted(sizes)}")
    content = _encode(images, colours, fps)
    while len(content) > max_bytes:
        if colours > 4:
            colours = max(4, colours // 2)
        elif len(images) > 2:
            images = thin(images, limit=max(2, len(images) * 2 // 3))
        else:
            raise ValueError(f"The GIF may weigh {max_bytes:,}: use smaller frames. Received: {len(content):,}")
        content = _encode(images, colours, fps)
    path = Path(path)
    _write_whole(path, content)
    return path


def animate_grids(frames, path, *, columns=None, fps: float = 6.0, colours: int = 16, enlarge: int = 1) -> Path:
    """Write a GIF in which a grid of images changes: samples from the same latents, epoch after epoch.

    Args:
        frames: (T, N, H, W, C), or a list of T image batches; floats in [0, 1] or uint8; thinned to 24.
        path: file to write.
        columns: tiles in a row.
        fps, colours: as in `save_gif`.
        enlarge: whole number of screen pixels for one image pixel.

    Returns:
        The path.
    """
    grids = (mosaic(images, columns=columns) for images in thin(frames))
    larger = [grid.repeat(enlarge, axis=0).repeat(enlarge, axis=1) for grid in grids]
    return save_gif(larger, path, fps=fps, colours=colours)


def _words(content: bytes) -> str:
    """Tells how long and large a GIF is; what it shows, the prose around it has to say."""
    with Image.open(io.BytesIO(content)) as image:
        seconds = 0.0
        for frame in range(image.n_frames):
            image.seek(frame)
            seconds += image.info.get("duration", 0) / 1000
        return (
            f"Animation of {image.n_frames} frames in {seconds:.1f} seconds, {image.width} × {image.height} pixels, "
            "repeated without end."
        )


def show_gif(path):
    """Return the GIF at `path` for display in a notebook, its bytes kept inside the notebook.

    Raises:
        ValueError: if the file is no GIF, or too large to keep.
    """
    from IPython.display import Image as Shown

    content = Path(path).read_bytes()
    if not content.startswith((b"GIF87a", b"GIF89a")) or len(content) > 2 * MAX_BYTES:
        raise ValueError(
            f"A GIF of at most {2 * MAX_BYTES:,} bytes is needed. Received: {path}, {len(content):,} bytes"
        )

    class Animation(Shown):
        """The GIF; as text it is its description."""

        def __repr__(self):
            return self.alt

        def _repr_mimebundle_(self, include=None, exclude=None):
            say(self.alt)
            return super()._repr_mimebundle_(include, exclude)

    return Animation(data=content, format="gif", alt=_words(content))


def save_png(images, path, *, columns=None, enlarge: int = 2) -> Path:
    """Write a grid of images as a PNG file, whole or not at all.

    Args:
        images: (N, H, W), (N, H, W, 1) or (N, H, W, 3); floats in [0, 1] or uint8; N up to 400.
        path: file to write.
        columns: tiles in a row.
        enlarge: whole number of screen pixels for one image pixel.

    Returns:
        The path.
    """
    grid = mosaic(images, columns=columns).repeat(enlarge, axis=0).repeat(enlarge, axis=1)
    stream = io.BytesIO()
    _frame(grid).save(stream, "png", optimize=True)
    path = Path(path)
    _write_whole(path, stream.getvalue())
    return path
