"""The glossary, the questions and answers; headings and links of all texts and lessons."""

import os
import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

from gencourse.cli import lab, notebooks, repo, site_check, site_pages

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GLOSSARY = DOCS / "GLOSSARY.md"
SOURCES = sorted((ROOT / "notebooks" / "source").glob("[0-9][0-9]_*.py"))
pytestmark = pytest.mark.skipif(not GLOSSARY.is_file(), reason="the documents are not part of this installation")
each = pytest.mark.parametrize("source", SOURCES, ids=[path.stem for path in SOURCES])

LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
ADDRESS = re.compile(r"\]\(([^()\s]+)\)")  # of a link or a picture
TO_GLOSSARY = re.compile(r"\[([^\[\]]+)\]\(([^()\s]*GLOSSARY\.md)#([^()\s]*)\)")
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
CHINESE = re.compile(r"[\u4e00-\u9fff]")

# Bold in a lesson, and no term: words that are stressed, and names that only this lesson uses.
STRESSED_WORDS = r"""
    $\eta$ | 4×4 pixels become channels | a | a bound on the slope | added | all weights | b | bands | be asked |
    character | class | dates | decay | estimate | exercises | ink | is | it always answers | neighbours |
    noise wins this column | obedience | on colab | pixels | plain model | push the elbo up | random | run cells |
    seconds | several critic steps | share | shifted | shuffled | slant | spread out | the loss | weight 0 |
    within 3σ | without attention
"""
STRESSED = {word.strip() for word in STRESSED_WORDS.split("|")}
# Bold words that open a paragraph or a point of a list are a small heading when they are three or more, or end with a
# mark. (Five or more words in bold are a statement, wherever they stand.)
HEADING = re.compile(r"\S+( \S+){2,}|.*[.:!?]|\d\d\.\d .*|(next: )?lesson \d\d")


def anchor(heading):
    """The anchor that GitHub gives a heading; the site gives the same."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def plain(phrase):
    """A phrase in lower case, on one line, with plain hyphens."""
    return " ".join(phrase.split()).lower().replace("–", "-")


def sorting_key(term):
    letters = unicodedata.normalize("NFKD", term).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]", "", letters)


def prose(source):
    """The markdown cells of a lesson's source, without the comment signs."""
    cells = re.split(r"(?m)^# %%", source.read_text(encoding="utf-8"))[1:]
    texts = [cell.partition("\n")[2] for cell in cells if cell.lstrip().startswith("[markdown]")]
    return [re.sub(r"(?m)^# ?", "", text) for text in texts]


def entries():
    """{term: (line of Chinese, other names and lesson; explanation)} in the order of the file."""
    parts = re.split(r"(?m)^### (.+)$", GLOSSARY.read_text(encoding="utf-8"))[1:]
    found = {}
    for term, text in zip(parts[::2], parts[1::2], strict=True):
        blocks = [" ".join(block.split()) for block in re.split(r"\n\s*\n", text) if block.strip()]
        blocks = [block for block in blocks if not block.startswith("## ")]
        assert term not in found, f"{term} stands in the glossary twice"
        assert len(blocks) == 2, f"{term}: a line of Chinese and lesson, then one paragraph"
        found[term] = tuple(blocks)
    return found


def names():
    """All names under which a word stands in the glossary, in lower case, with its anchor."""
    found = {plain(term): anchor(term) for term in entries()}
    for term, (line, _) in entries().items():
        for other in re.findall(r"(?<!\*)\*([^*]+)\*(?!\*)", line):
            found.setdefault(plain(other), anchor(term))
    return found


def test_terms_stand_in_alphabetical_order():
    terms = list(entries())
    assert len(terms) >= 200
    assert terms == sorted(terms, key=sorting_key)
    letters = re.findall(r"(?m)^## (.)$", GLOSSARY.read_text(encoding="utf-8"))
    assert letters == sorted({sorting_key(term)[0].upper() for term in terms})


def test_every_term_has_chinese_a_lesson_and_one_or_two_sentences():
    stems = {path.stem for path in SOURCES}
    for term, (line, text) in entries().items():
        chinese, *_, lesson = line.split(" · ")
        assert all(re.fullmatch(r"\*\*[^*]+\*\*", name) for name in chinese.split(", ")), term
        assert CHINESE.search(chinese), f"{term} has no Chinese term"
        number = re.search(r"lesson (\d\d)", lesson).group(1)
        assert any(stem.startswith(number) for stem in stems), f"{term}: there is no lesson {number}"
        linked = re.search(r"\(\.\./notebooks/(\w+)\.ipynb\)", lesson)
        assert linked is None or linked.group(1) in stems, f"{term}: {lesson}"
        assert 20 <= len(text) <= 330, f"{term}: one or two sentences, please"


def test_anchors_are_unique():
    headings = re.findall(r"(?m)^#{1,3} (.+)$", GLOSSARY.read_text(encoding="utf-8"))
    anchors = [anchor(heading) for heading in headings]
    assert len(anchors) == len(set(anchors))


@each
def test_links_to_the_glossary_lead_to_a_term(source):
    anchors = {anchor(term) for term in entries()}
    for phrase, path, target in TO_GLOSSARY.findall("\n".join(prose(source))):
        assert path == "../docs/GLOSSARY.md", f"{phrase}: the path from notebooks/, please"
        assert unquote(target) in anchors, f"{phrase}: no such term in docs/GLOSSARY.md: #{target}"


@each
def test_a_term_is_linked_once(source):
    targets = [target for *_, target in TO_GLOSSARY.findall("\n".join(prose(source)))]
    assert len(targets) == len(set(targets)), "one link for each term of a lesson, at its first bold use"


@each
def test_every_bold_word_is_in_the_glossary(source):
    """Lessons that are being written need no link yet: it is enough that the glossary has the word."""
    known, text, lost = names(), "\n\n".join(prose(source)), []
    for bold in BOLD.finditer(text):
        if TO_GLOSSARY.search(bold.group()):
            continue
        word = plain(bold.group(1))
        bare = word.rstrip(".:")
        opens = text[: bold.start()].rpartition("\n")[2] in ("", "- ")
        if not ({word, bare, bare.removesuffix("s"), f"{bare}s"} & known.keys() or bare in STRESSED):
            heading = opens and HEADING.fullmatch(word)
            if not (heading or len(word.split()) >= 5 or re.fullmatch(r"lesson \d\d", bare)):
                lost.append(word)
    assert not lost, f"put into docs/GLOSSARY.md, or into STRESSED if they are only stressed: {lost}"


TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "data" / "README.md", ROOT / "notebooks" / "LICENSE.md"]
TEXTS += sorted(DOCS.rglob("*.md"))
every_text = pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
every_lesson = pytest.mark.parametrize(
    "lesson", repo.lessons(ROOT), ids=lambda lesson: lesson.notebook.relative_to(ROOT / "notebooks").as_posix()
)


def headings(text):
    """(level, words) of a Markdown text's headings; what stands in fenced code is none."""
    text = re.sub(r"(?ms)^(```+|~~~+).*?^\1[^\n]*$", "", text)
    return [(len(marks), words) for marks, words in re.findall(r"(?m)^(#{1,6}) +(.+)$", text)]


def heading_anchors(path):
    """The anchors of a markdown file's headings."""
    return {anchor(words) for _, words in headings(path.read_text(encoding="utf-8"))}


def dead(text, path, top=ROOT):
    """The links of a text, pictures' addresses too, that lead to no file or no heading.

    Args: text: Markdown; path: the file it stands in, or will stand in; top: the folder above which ".." does not lead.
    """
    found = []
    for target in ADDRESS.findall(site_pages.CODE.sub("", text)):
        if re.match(r"[a-z][a-z+.-]*:", target):
            continue
        name, _, fragment = target.partition("#")
        wanted = os.path.normpath(f"/{path.parent.relative_to(top).as_posix()}/{unquote(name)}")
        file = top / wanted.lstrip("/") if name else path
        unbuilt = file.parent / "source" / f"{file.stem}.py" in SOURCES
        lost = file.suffix == ".md" and file.is_file() and unquote(fragment) not in {"", *heading_anchors(file)}
        if lost or not (file.exists() or unbuilt or not name):
            found.append(target)
    return found


@every_text
def test_headings_of_every_text_are_in_order(path):
    assert site_check.heading_faults(headings(path.read_text(encoding="utf-8"))) == []


@every_text
def test_links_of_every_text_resolve(path):
    assert dead(path.read_text(encoding="utf-8"), path) == []


@every_lesson
def test_links_of_every_lesson_resolve(lesson):
    cells = notebooks.read_source(lesson.source).cells
    texts = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert dead(texts, lesson.notebook) == []


def test_links_of_a_learners_copies_resolve(tmp_path):
    """In work/, which JupyterLab shows as the whole world: a link that would lead above it stops at its top."""
    copies = lab.make_copies(repo.lessons(ROOT), tmp_path) + lab.copy_texts(ROOT, tmp_path)
    assert {"FAQ.md", "GLOSSARY.md", "NOTATION.md"} <= {copy.name for copy in copies}
    lost = {}
    for copy in copies:
        text = copy.read_text(encoding="utf-8")
        if copy.suffix == ".ipynb":
            cells = nbformat.reads(text, as_version=4).cells
            text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        if found := dead(text, copy, tmp_path):
            lost[copy.name] = found
    assert lost == {}


def test_a_dead_link_is_found(tmp_path):
    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    page.write_text("# Page\n\n## A part\n", encoding="utf-8")
    good = "[a](page.md#a-part) [b](#a-part) [c](../../docs/page.md) [d](https://x.example) `[e](gone.md)`"
    assert dead(good, page, tmp_path) == []
    bad = "[a](gone.md) [b](page.md#gone) ![c](gone.png) [![d](gone.gif)](https://x.example)"
    assert dead(bad, page, tmp_path) == ["gone.md", "page.md#gone", "gone.png", "gone.gif"]
    assert site_check.heading_faults(headings("# A\n\n```\n# code\n```\n\n### C")) == ["heading h3 'C' follows h1"]


def test_questions_are_answered_with_a_number_and_its_source():
    parts = re.split(r"(?m)^### (.+)$", (DOCS / "FAQ.md").read_text(encoding="utf-8"))[1:]
    assert 15 <= len(parts) // 2 <= 25
    for question, text in zip(parts[::2], parts[1::2], strict=True):
        answer = re.split(r"(?m)^## ", text)[0]
        words = re.sub(r"\]\([^)]*\)|lessons? \d\d", "", answer)
        assert question.endswith("?"), question
        assert re.search(r"\d", words), f"{question}: an answer names a number that was measured"
        assert LINK.search(answer), f"{question}: an answer names where its number stands"
