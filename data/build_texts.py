"""The two text sets, decoded and cleaned: Jane Austen's novels out of R's files, Tang quatrains out of JSON."""

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
