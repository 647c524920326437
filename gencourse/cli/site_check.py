"""What must hold of the built site: links that resolve, pictures that are there and described, headings in order, and
nothing that a browser would fetch from another host. Read from the files; no network, no browser."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = ("img", "script", "source", "video", "audio", "iframe", "embed")  # elements whose `src` a browser fetches
FETCHING = {"stylesheet", "icon", "preload", "prefetch", "modulepreload", "preconnect", "dns-prefetch"}  # <link>s


class Page(HTMLParser):
    """What one page says.

    Attributes: links, fetched: addresses; ids; headings: (level, text); undescribed: pictures without a text.
    """

    def __init__(self, text):
        super().__init__()
        self.links, self.fetched, self.ids = [], [], set()
        self.headings, self.undescribed, self.pictures, self.formulas, self.unread = [], [], 0, 0, 0
        self._heading = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids |= {given[name] for name in ("id", "name") if given.get(name)}
        if tag in ("a", "area") and given.get("href") is not None:
            self.links.append(given["href"])
        if tag in FETCHED and given.get("src"):
            self.fetched.append(given["src"])
        if given.get("srcset"):
            self.fetched += [part.split()[0] for part in given["srcset"].split(",") if part.strip()]
        if tag == "link" and FETCHING & set((given.get("rel") or "").lower().split()):
            self.fetched.append(given.get("href", ""))
        elif tag == "link" and given.get("href"):
            self.links.append(given["href"])
        if tag == "img":
            self.pictures += 1
            if len((given.get("alt") or "").strip()) < 3:
                self.undescribed.append(given.get("src", "a picture without an address"))
        self.unread += "formula-fault" in (given.get("class") or "").split()
        if tag == "math":
            self.formulas += 1
        if re.fullmatch(r"h[1-6]", tag):
            self._heading = [int(tag[1]), ""]

    def handle_data(self, data):
        if self._heading:
            self._heading[1] += data

    def handle_endtag(self, tag):
        if self._heading and tag == f"h{self._heading[0]}":
            self.headings.append(tuple(self._heading))
            self._heading = None


def is_elsewhere(address):
    """Whether an address names another host, or a scheme other than the page's own."""
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme not in ("", "data")


def heading_faults(headings):
    """Sentences on headings out of order: the first is the only h1, and none goes down more than one level at once."""
    found, before = [], 0
    for level, text in headings:
        if level > before + 1 or (level == 1 and before):
            found.append(f"heading h{level} {text.strip()!r} follows " + (f"h{before}" if before else "nothing"))
        before = level
    return found if headings else ["it has no heading"]


class Site:
    """All pages of a folder, read once."""

    def __init__(self, folder):
        self.folder = Path(folder).resolve()
        paths = sorted(self.folder.rglob("*.html"))
        self.pages = {path: Page(path.read_text(encoding="utf-8")) for path in paths}

    def target_fault(self, page, address):
        """Why an address of a page leads nowhere inside the site; "" when it leads somewhere or outside."""
        if is_elsewhere(address) or address.startswith("data:"):
            return ""
        parts = urlsplit(address)
        target = page if not parts.path else (page.parent / unquote(parts.path)).resolve()
        if target.is_dir():
            target = target / "index.html"
        if not target.is_file() or not target.is_relative_to(self.folder):
            return f"{address} is not there"
        fragment = unquote(parts.fragment)
        if fragment and target in self.pages and fragment not in self.pages[target].ids:
            return f"{address}: that page has no place of this name"
        return ""

    def page_faults(self, path):
        page = self.pages[path]
        found = [fault for address in page.links + page.fetched if (fault := self.target_fault(path, address))]
        found += [f"{address} would be fetched from another host" for address in page.fetched if is_elsewhere(address)]
        found += [f"{page.unread} formulas could not be read"] if page.unread else []
        found += [f"{source} has no alternative text" for source in page.undescribed]
        return found + heading_faults(page.headings)

    def style_faults(self):
        """Addresses of other hosts, or of missing files, in style sheets."""
        for path in sorted(self.folder.rglob("*.css")):
            text = re.sub(r"(?s)/\*.*?\*/", "", path.read_text(encoding="utf-8"))
            for address in re.findall(r"""(?:url\(\s*|@import\s+)["']?([^"')\s;]+)""", text):
                name = path.relative_to(self.folder)
                if is_elsewhere(address):
                    yield f"{name}: {address} would be fetched from another host"
                elif not address.startswith(("data:", "#")) and not (path.parent / urlsplit(address).path).is_file():
                    yield f"{name}: {address} is not there"

    def faults(self):
        """All that is wrong, as sentences that begin with the page's name."""
        found = [f"{path.relative_to(self.folder)}: {fault}" for path in self.pages for fault in self.page_faults(path)]
        return list(dict.fromkeys([*found, *self.style_faults()]))

    def counts(self):
        """How many pages, pictures, formulas and links there are."""
        pages = self.pages.values()
        return {
            "pages": len(self.pages),
            "pictures": sum(page.pictures for page in pages),
            "formulas": sum(page.formulas for page in pages),
            "links": sum(len(page.links) for page in pages),
        }
