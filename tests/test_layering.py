"""Imports point down only: the package's syntax trees against the table of floors."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "gencourse"

# Room: its floor. A room imports from lower floors alone.
FLOORS = {
    **dict.fromkeys(
        (
            "runtime",
            "data",
            "text",
            "layers",
            "losses",
            "schedules",
            "sampling",
            "metrics",
            "viz",
            "results",
        ),
        0,
    ),
    **dict.fromkeys(("training", "callbacks", "writing"), 1),
    **dict.fromkeys(
        ("gan", "autoencoder", "pixelcnn", "language", "seq2seq", "diffusion", "vq", "latent_text", "flow", "energy"), 2
    ),
    **dict.fromkeys(("recipes", "exercises"), 3),  # a check may hand the learner's code a real model
    "cli": 4,
}
FAMILY = 2
NOT_FOR_FAMILIES = {"data", "viz", "metrics"}


def modules():
    return sorted(
        path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py" and "_data" not in path.parts
    )


def room_of(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def dotted(path):
    """The package that a module's relative imports start from, as parts: gencourse/data/x.py -> (gencourse, data)."""
    return ("gencourse", *path.relative_to(PACKAGE).parts[:-1])


def imported_rooms(tree, package):
    """Every room of gencourse that a syntax tree imports, in whatever way it is written, anywhere in it."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            targets = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            base += node.module.split(".") if node.module else []
            targets = [[*base, alias.name] for alias in node.names]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
            "import_module",
            "__import__",
        ):
            names = [argument.value for argument in node.args[:1] if isinstance(argument, ast.Constant)]
            targets = [name.split(".") for name in names]
        else:
            continue
        found |= {target[1] for target in targets if target[0] == "gencourse" and len(target) > 1}
    return found - {"__version__"}


def complaint(room, other):
    """Why `room` may not import `other`; "" when it may."""
    if other == room:
        return ""
    for name in (room, other):
        if name not in FLOORS:
            return f"{name} stands on no floor of the table in this test"
    if FLOORS[room] == FLOORS[other] == FAMILY:
        return f"the family {room} imports the family {other}"
    if FLOORS[other] >= FLOORS[room]:
        return f"{room} (floor {FLOORS[room]}) imports {other} (floor {FLOORS[other]})"
    if FLOORS[room] == FAMILY and other in NOT_FOR_FAMILIES:
        return f"the family {room} imports {other}"
    return ""


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path):
    room = room_of(path)
    assert room in FLOORS, f"{room} stands on no floor of the table in this test"
    rooms = imported_rooms(ast.parse(path.read_text(encoding="utf-8")), dotted(path))
    assert [complaint(room, other) for other in sorted(rooms) if complaint(room, other)] == []


@pytest.mark.parametrize("path", [PACKAGE / "__init__.py", *modules()], ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_star_imports_and_no_asserts(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(node, ast.Assert), f"line {node.lineno}: raise an error that says what came"
        if isinstance(node, ast.ImportFrom):
            assert [alias.name for alias in node.names] != ["*"], f"line {node.lineno}: name what is imported"


@pytest.mark.parametrize(
    "code",
    [
        "import gencourse.gan",
        "import gencourse.gan as g",
        "from gencourse import gan",
        "from gencourse.gan import GAN",
        "from . import gan",
        "from .gan import GAN",
        "def f():\n    from .gan import GAN",
        "import importlib\nimportlib.import_module('gencourse.gan')",
    ],
)
def test_every_way_of_importing_is_seen(code):
    assert imported_rooms(ast.parse(code), ("gencourse",)) == {"gan"}


def test_relative_imports_inside_a_folder_are_resolved():
    inside = ("gencourse", "data")
    assert imported_rooms(ast.parse("from .bundled import load"), inside) == {"data"}
    assert imported_rooms(ast.parse("from ..viz import image_grid"), inside) == {"viz"}
    assert imported_rooms(ast.parse("from .. import metrics, viz"), inside) == {"metrics", "viz"}


@pytest.mark.parametrize(
    ("room", "other"),
    [
        ("losses", "layers"),
        ("callbacks", "training"),
        ("training", "gan"),
        ("gan", "diffusion"),
        ("gan", "metrics"),
        ("gan", "recipes"),
        ("recipes", "cli"),
        ("gan", "nowhere"),
    ],
)
def test_wrong_ways_are_refused(room, other):
    assert complaint(room, other)


@pytest.mark.parametrize(
    ("room", "other"), [("gan", "losses"), ("gan", "training"), ("recipes", "gan"), ("cli", "viz")]
)
def test_right_ways_are_allowed(room, other):
    assert complaint(room, other) == ""
