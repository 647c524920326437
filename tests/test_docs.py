"""The glossary, the questions and answers, and the links between them and the lessons."""

import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
GLOSSARY = DOCS / "GLOSSARY.md"
SOURCES = sorted((ROOT / "notebooks" / "source").glob("[0-9][0-9]_*.py"))
pytestmark = pytest.mark.skipif(not GLOSSARY.is_file(), reason="the documents are not part of this installation")
each = pytest.mark.parametrize("source", SOURCES, ids=[path.stem for path in SOURCES])

LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
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


def heading_anchors(path):
    """The anchors of a markdown file's headings."""
    return {anchor(heading) for heading in re.findall(r"(?m)^#+ (.+)$", path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))], ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_relative_links_resolve(path):
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        file = (path.parent / unquote(name)).resolve() if name else path
        source = file.parent / "source" / f"{file.stem}.py"  # a lesson that is not built yet
        assert file.exists() or source in SOURCES, f"{path.name}: a link to {target}, which is not there"
        if fragment and file.suffix == ".md":
            assert unquote(fragment) in heading_anchors(file), f"{path.name}: no heading for {target}"


def test_questions_are_answered_with_a_number_and_its_source():
    parts = re.split(r"(?m)^### (.+)$", (DOCS / "FAQ.md").read_text(encoding="utf-8"))[1:]
    assert 15 <= len(parts) // 2 <= 25
    for question, text in zip(parts[::2], parts[1::2], strict=True):
        answer = re.split(r"(?m)^## ", text)[0]
        words = re.sub(r"\]\([^)]*\)|lessons? \d\d", "", answer)
        assert question.endswith("?"), question
        assert re.search(r"\d", words), f"{question}: an answer names a number that was measured"
        assert LINK.search(answer), f"{question}: an answer names where its number stands"
