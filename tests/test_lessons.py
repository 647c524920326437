"""Lessons against the package: their parameters are the recipes', their records exist, their exercises are solved."""

import ast
import re
import statistics
from pathlib import Path

import pytest

from gencourse import data, exercises, language, metrics, recipes, results
from gencourse.recipes import restoration
from gencourse.recipes.comparison import COMPARISONS
from gencourse.recipes.studies import STUDIES

SOURCES = sorted((Path(__file__).parents[1] / "notebooks" / "source").glob("[0-9][0-9]_*.py"))
pytestmark = pytest.mark.skipif(not SOURCES, reason="the lessons are not part of this installation")
WITHOUT_FALLBACK = ("00", "15")  # they train for seconds, or not at all
each = pytest.mark.parametrize("source", SOURCES, ids=[path.stem for path in SOURCES])


def notebook(source):
    import jupytext

    return jupytext.read(source, fmt="py:percent")


def assignments(cell):
    tree = ast.parse(cell.source)
    assert all(isinstance(node, ast.Assign) for node in tree.body), "only assignments stand in a parameters cell"
    return {node.targets[0].id: ast.literal_eval(node.value) for node in tree.body}


@each
def test_parameters_are_those_of_the_recipes(source):
    lesson = notebook(source)
    (cell,) = [cell for cell in lesson.cells if "parameters" in cell.metadata.get("tags", ())]
    values = assignments(cell)
    for recipe in (recipes.get(name) for name in lesson.metadata["gencourse"]["recipes"]):
        shown = {key: recipe.prefix + key.upper() for key in recipe.parameters}
        shown = {key: name for key, name in shown.items() if name in values}
        assert shown, f"no parameter of {recipe.name} can be turned"
        for key, name in shown.items():
            assert values[name] == recipe.parameters[key], f"{name} differs from recipe {recipe.name}"


@each
def test_a_lesson_can_load_its_main_model(source):
    text, lesson = source.read_text(encoding="utf-8"), source.name[:2]
    if lesson in WITHOUT_FALLBACK:
        assert "LOAD_CHECKPOINT" not in text
        return
    names = re.findall(rf'(?:recipes\.recorded\("{lesson}", |, saved=)"(\w+)"', text)  # lesson 13's helper passes it on
    used = [results.load_record(lesson).checkpoints[name]["recipe"] for name in names]
    assert used
    assert set(used) <= set(notebook(source).metadata["gencourse"]["recipes"])
    assert "\nLOAD_CHECKPOINT = False  # " in text


@each
def test_a_lesson_compares_what_it_measured(source):
    assert "results.compare(" in source.read_text(encoding="utf-8")


@pytest.mark.parametrize("lesson", STUDIES)
def test_claims_were_measured_with_the_recipes_parameters(lesson):
    for name, claim in results.load_record(lesson).claims.items():
        now = {key: value for key, value in recipes.get(claim.recipe).parameters.items() if value is not None}
        now = {key: list(value) if isinstance(value, tuple) else value for key, value in now.items()}
        assert claim.parameters == now, f"recipe {claim.recipe} changed since {name}: record lesson {lesson} again"


@pytest.mark.parametrize("lesson", STUDIES)
def test_records_hold_what_the_studies_say(lesson):
    record = results.load_record(lesson)
    for study in STUDIES[lesson]:
        for measure in study.claims:
            claim = record.claim(f"{study.name}_{measure}")
            assert len(claim.seeds) == study.seeds
            assert claim.n == study.samples
        assert [row["variant"] for row in record.table(study.name)] == list(study.variants)
        if study.checkpoint:
            assert results.load_checkpoint_path(lesson, study.name).stat().st_size <= results.MAX_CHECKPOINT_BYTES


@pytest.mark.parametrize("lesson", COMPARISONS)
def test_records_hold_what_the_comparisons_say(lesson):
    record = results.load_record(lesson)
    for compared in COMPARISONS[lesson]:
        rows = [row for row in record.table(compared.name) if row["kind"] == "model"]
        assert [(row["lesson"], row["checkpoint"], row["label"]) for row in rows] == [tuple(r) for r in compared.rows]
        for row in rows:
            now = results.load_record(row["lesson"]).checkpoints[row["checkpoint"]]["sha256"]
            assert now.startswith(row["sha256"]), f"another checkpoint than {row['label']}'s: record {lesson} again"
        for measure in compared.claims:
            assert record.claim(f"{compared.name}_{measure}").n == compared.samples


@each
def test_every_exercise_is_in_the_lesson_and_in_its_solutions(source):
    number = source.stem[:2]
    solutions = source.parent / "solutions" / source.name
    wanted = {exercise if isinstance(exercise, str) else exercise.name for exercise in exercises.exercises_of(number)}
    assert 3 <= len(wanted) <= 5
    for path in (source, solutions):
        found = set(re.findall(r'check\(\s*"(\d\d\.\d)"', path.read_text(encoding="utf-8")))
        assert found == wanted, path.name


def test_the_course_keeps_its_promises_about_lesson_01():
    """Limits follow the record; these numbers do not."""
    record = results.load_record("01")
    assert set(record.claim("ring_modes_covered").values) == {8}
    assert record.claim("ring_share_within").median >= 0.9
    assert record.claim("digits_confident_share").median >= 0.5
    assert statistics.median(record.claim("ring_share_within").seconds) <= 30
    assert statistics.median(record.claim("digits_frechet").seconds) <= 75


def test_the_course_keeps_its_promises_about_lesson_02():
    record = results.load_record("02")
    distances = {row["variant"]: row["frechet"] for row in record.table("equal_seconds")}
    assert distances["the lesson's"] <= 0.7 * distances["plain, half as wide"]
    assert record.claim("digits_precision").median >= 0.7
    assert record.claim("digits_recall").median >= 0.7
    assert record.claim("digits_frechet").median < results.load_record("01").claim("digits_frechet").median


def test_the_course_keeps_its_promises_about_lesson_03():
    record = results.load_record("03")
    assert record.claim("digits_nats_per_image").median <= 99
    assert record.claim("digits_importance_weighted_nats").median < record.claim("digits_nats_per_image").median


def test_the_course_keeps_its_promises_about_lesson_04():
    """The network beats every n-gram, poems have the form asked for, and hardly a line of them is copied."""
    record, novels = results.load_record("04"), recipes.Prose("austen")
    bits = record.claim("austen_bits_per_character")
    counts = language.NGram(novels.form, order=7).fit(novels.train)
    best = min(counts.score(novels.reference, order=k)["bits_per_character"] for k in range(1, 8))
    assert bits.median <= 1.88
    assert max(bits.values) < best
    (after_90, *_) = record.table("ninety")
    assert after_90["bits_per_character"] <= 1.88
    assert record.claim("quatrains_form_rate").median >= 0.95
    (poems, *_) = record.table("quatrains")
    assert poems["copied_lines"] <= 0.01


def test_the_course_keeps_its_promises_about_lesson_08():
    """Below 92 nats and below what the VAE can prove; two stacks beat one; a generator told classes can classify."""
    record, vae = results.load_record("08"), results.load_record("03")
    nats = record.claim("digits_nats_per_image")
    assert max(nats.values) <= 92
    assert nats.median < vae.claim("digits_importance_weighted_nats").median
    assert nats.median < record.table("one_stack")[0]["nats_per_image"]
    assert min(record.claim("classes_bayes_accuracy").values) >= 0.9


def test_the_course_keeps_its_promises_about_lesson_09():
    """Byte pairs beat lesson 04's network and characters; showing some prose keeps prose; the small setting learns."""
    record = results.load_record("09")
    assert record.claim("austen_bits_per_character").median <= 1.92
    (after_90, *_), (recurrent, *_) = record.table("ninety"), results.load_record("04").table("ninety")
    assert after_90["bits_per_character"] < recurrent["bits_per_character"]
    assert all(row["bits_per_character"] > after_90["bits_per_character"] for row in record.table("characters"))
    rows = {row["variant"]: row for row in record.table("verse")}
    plain, mixed = rows["all weights"], rows["all weights, a quarter of each batch is prose"]
    assert plain["bits_per_character"] < rows["from nothing"]["bits_per_character"]
    assert mixed["prose_bits_per_character"] < plain["prose_bits_per_character"]
    assert record.claim("small_nats_per_character").median <= 1.85


def test_the_course_keeps_its_promises_about_lesson_10():
    """Nearly every held-out date is right, most in formats never seen; looking back at the source beats one vector."""
    record = results.load_record("10")
    assert min(record.claim("dates_exact_match").values) >= 0.98
    assert record.claim("dates_unseen_exact_match").median >= 0.8
    lesson, one_vector, *_ = record.table("dates")
    assert lesson["exact_match"] > one_vector["exact_match"]
    assert lesson["unseen_exact_match"] > one_vector["unseen_exact_match"]


def test_the_course_keeps_its_promises_about_lesson_12():
    """All codes are used, samples beat the other models of clothes that are not told the class; collapse is dear."""
    record = results.load_record("12")
    assert min(record.claim("fashion_class_accuracy").values) >= 0.8
    rows = {row["variant"]: row for row in record.table("fashion")}
    lesson, collapsed = rows["256 codes (the lesson's)"], rows["no restarts"]
    assert lesson["used"] == 1.0
    assert collapsed["used"] < 0.1
    assert lesson["reconstruction_frechet"] < lesson["frechet"] < collapsed["frechet"]
    assert lesson["frechet"] < results.load_record("11").table("fashion")[0]["frechet"]


def test_the_course_keeps_its_promises_about_lesson_13():
    """Free bits keep the latents in use at a small price; without a trick they say next to nothing."""
    record = results.load_record("13")
    plain, vae = (record.claim(f"{name}_bits_per_character") for name in ("sentences", "vae"))
    assert vae.median <= plain.median + 0.1
    assert min(record.claim("vae_kl").values) >= 5
    assert {row["variant"]: row for row in record.table("vae")}["no trick"]["kl"] < 1


def test_the_course_keeps_its_promises_about_lesson_11():
    """No worse than lesson 02's GAN, at the same number of samples; guided samples are what was asked for."""
    record = results.load_record("11")
    assert record.claim("digits_frechet").median <= results.load_record("02").claim("digits_frechet").median
    assert min(record.claim("digits_guided_class_accuracy").values) >= 0.98
    assert set(record.claim("ring_modes_covered").values) == {8}
    assert record.claim("ring_share_within").median >= 0.95
    lesson, *others = record.table("digits")
    assert all(lesson["frechet"] < row["frechet"] for row in others if row["variant"].startswith("predicts"))


def test_the_course_keeps_its_promises_about_lesson_05():
    record = results.load_record("05")
    assert set(record.claim("ring_modes_covered").values) == {8}
    for table, measure in (("ring", "total_variation"), ("fashion", "frechet")):
        penalty, *others = record.table(table)
        assert all(penalty[measure] < other[measure] for other in others)
    assert {record.table(name)[0]["seeds"] for name in ("equal_wgan", "equal_dcgan")} == {3}


def test_the_course_keeps_its_promises_about_lesson_06():
    record = results.load_record("06")
    assert min(record.claim("digits_class_accuracy").values) >= 0.95
    (plain, *_), (told, *_) = results.load_record("02").table("digits"), record.table("digits")
    assert told["frechet"] <= 1.2 * plain["frechet"]


def test_the_course_keeps_its_promises_about_lesson_07():
    """Every network beats what learns nothing, by both measures, on the images and the damage of its record."""
    record = results.load_record("07")
    images = data.to_unit(data.load_images("digits").test_images[:500])
    for study, name in (("holes", "inpainter"), ("denoise", "denoiser"), ("upscale", "upscaler")):
        parameters = recipes.get(name).parameters
        layer = restoration.damage(parameters["damage"], parameters["amount"], seed=0)
        damaged = restoration.held_out_damage(layer, images)
        masks = damaged[..., 1:] if study == "holes" else None
        plain = {
            "holes": lambda x: [metrics.fill_smoothly(x[..., :1], x[..., 1:])],
            "denoise": lambda x: [metrics.median_filter(x, size=size) for size in (3, 5)],
            "upscale": lambda x: [metrics.bicubic(x)],
        }[study](damaged)
        for measure in ("psnr", "ssim"):
            best = max(restoration.quality(mended, images, masks=masks)[measure] for mended in plain)
            assert record.claim(f"{study}_{measure}").median > best


def test_nothing_is_left_to_be_filled_in():
    root = SOURCES[0].parents[2]
    texts = [*root.glob("*.md"), *root.glob("docs/*.md"), *root.glob("data/*.md"), *(root / "notebooks").rglob("*.py")]
    found = {path.name: re.findall(r"@[A-Z0-9]{2,}@", path.read_text(encoding="utf-8")) for path in texts}
    assert not any(found.values()), found
