"""gencourse.data.download, against a server on the loopback address."""

import errno
import gzip
import hashlib
import io
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from gencourse import data
from gencourse.data import download

CONTENT = np.random.default_rng(0).bytes(300_000)


class Handler(BaseHTTPRequestHandler):
    """Answers with what the test put into `server.answers`: path -> (status, content type, body, declared length)."""

    def do_GET(self):
        self.server.requests.append(self.path)
        time.sleep(self.server.delay)
        status, kind, body, length = self.server.answers.get(self.path, (404, "text/plain", b"no", None))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answers, server.requests, server.delay = {}, [], 0
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("GENCOURSE_MIRROR", f"http://127.0.0.1:{server.server_port}/mirror/")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "my cache"
    monkeypatch.setenv("GENCOURSE_DATA", str(folder))
    return folder


def remote(name, content):
    return download.RemoteFile(name, f"http://127.0.0.1:9/{name}", hashlib.sha256(content).hexdigest(), len(content))


@pytest.fixture
def one_file(server, cache, monkeypatch):
    """The set "digits" is one file of random bytes; the server has it."""
    file = remote("digits/mnist.npz", CONTENT)
    monkeypatch.setitem(download.FULL_FILES, "digits", (file,))
    server.answers["/mirror/digits/mnist.npz"] = (200, "application/octet-stream", CONTENT, None)
    return cache / file.name


def left_behind(cache):
    """Everything in the cache but the empty lock files."""
    return sorted(path.name for path in cache.rglob("*") if path.is_file() and not path.name.endswith(".lock"))


def fails(message, cache):
    with pytest.raises(data.DownloadError, match=message) as caught:
        data.fetch_full("digits", progress=False)
    assert left_behind(cache) == []
    assert not list(cache.rglob("*.part"))
    return str(caught.value)


def test_a_file_is_downloaded_once(one_file, server):
    assert data.fetch_full("digits", progress=False) == [one_file]
    assert one_file.read_bytes() == CONTENT
    assert left_behind(one_file.parent) == ["mnist.npz"]
    assert data.fetch_full("digits", progress=False) == [one_file]
    assert server.requests == ["/mirror/digits/mnist.npz"]


def test_progress_is_shown_on_stderr(one_file, capsys):
    data.fetch_full("digits")
    out, err = capsys.readouterr()
    assert out == ""
    assert "mnist.npz" in err
    assert "100%" in err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_a_shared_cache_can_be_read_by_others(one_file):
    data.fetch_full("digits", progress=False)
    assert one_file.stat().st_mode & 0o777 == 0o644


def test_a_damaged_file_in_the_cache_is_replaced(one_file, server):
    one_file.parent.mkdir(parents=True)
    one_file.write_bytes(CONTENT[:-1] + b"?")
    data.fetch_full("digits", progress=False)
    assert one_file.read_bytes() == CONTENT


def test_what_a_killed_download_left_is_removed(one_file):
    partial = one_file.with_name("mnist.npz.part")
    partial.mkdir(parents=True)
    (partial / "tmpabc").write_bytes(b"half")
    data.fetch_full("digits", progress=False)
    assert left_behind(one_file.parent) == ["mnist.npz"]


def test_a_filled_cache_needs_neither_network_nor_write_access(one_file, monkeypatch):
    one_file.parent.mkdir(parents=True)
    one_file.write_bytes(CONTENT)
    monkeypatch.setenv("GENCOURSE_MIRROR", "http://127.0.0.1:9")
    monkeypatch.setattr(download.filelock, "FileLock", None)
    assert data.fetch_full("digits", progress=False) == [one_file]


def test_offline(one_file, cache, monkeypatch):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    monkeypatch.setenv("GENCOURSE_MIRROR", f"http://127.0.0.1:{port}")
    message = fails("Is this machine online", cache)
    assert f"http://127.0.0.1:{port}/digits/mnist.npz" in message


def test_without_a_mirror_the_original_address_is_used(one_file, cache, monkeypatch):
    monkeypatch.delenv("GENCOURSE_MIRROR")
    assert "http://127.0.0.1:9/digits/mnist.npz" in fails("Is this machine online", cache)


def test_wrong_hash(one_file, server, cache):
    server.answers["/mirror/digits/mnist.npz"] = (200, "application/octet-stream", CONTENT[::-1], None)
    fails("is not the file expected", cache)


@pytest.mark.parametrize(
    "page", [b"<!DOCTYPE html><html>Sign in</html>", b"\n <html><body>hotel network</body></html>"]
)
def test_a_web_page_instead_of_the_file(one_file, server, cache, page):
    server.answers["/mirror/digits/mnist.npz"] = (200, "text/html", page, None)
    fails("web page instead of the file", cache)


def test_a_connection_that_breaks(one_file, server, cache):
    server.answers["/mirror/digits/mnist.npz"] = (200, "application/octet-stream", CONTENT[:100_000], len(CONTENT))
    fails("incomplete file was deleted", cache)


def test_a_server_that_has_only_half_the_file(one_file, server, cache):
    server.answers["/mirror/digits/mnist.npz"] = (200, "application/octet-stream", CONTENT[:100_000], None)
    fails("sent only 100,000 of 300,000 bytes", cache)


@pytest.mark.parametrize("status", [404, 503])
def test_a_server_that_refuses(one_file, server, cache, status):
    server.answers["/mirror/digits/mnist.npz"] = (status, "text/html", b"<html>sorry</html>", None)
    fails(f"HTTP status {status}", cache)


def test_a_file_where_the_folder_should_be(one_file, cache):
    cache.write_text("in the way")
    with pytest.raises(data.DownloadError, match="cannot write"):
        data.fetch_full("digits", progress=False)
    assert cache.read_text() == "in the way"


def test_an_unwritable_folder(one_file, cache, monkeypatch):
    """By a refusing mkdir, since for the system's administrator no folder is unwritable."""

    def refuse(path, *arguments, **options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    message = fails("cannot write", cache)
    assert "Permission denied" in message
    assert "GENCOURSE_DATA" in message


def test_a_disk_without_room_is_not_even_tried(one_file, server, cache, monkeypatch):
    usage = shutil.disk_usage(cache.parent)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda path: usage._replace(free=len(CONTENT) - 1))
    fails("disk is full", cache)
    assert server.requests == []


def test_a_disk_that_fills_up_on_the_way(one_file, cache, monkeypatch):
    class Full(io.FileIO):
        def write(self, content):
            if self.tell() + len(content) > 100_000:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(content)

    original = download.pooch.HTTPDownloader.__call__

    def call(self, url, output_file, manager, **options):
        with Full(output_file, "w") as stream:
            return original(self, url, stream, manager, **options)

    monkeypatch.setattr(download.pooch.HTTPDownloader, "__call__", call)
    fails("disk is full", cache)


def test_a_lock_that_is_never_released(one_file, cache, monkeypatch):
    monkeypatch.setattr(download, "LOCK_SECONDS", 0.2)
    one_file.parent.mkdir(parents=True)
    with download.filelock.FileLock(one_file.with_name("mnist.npz.lock")):
        fails("another process", cache)


def test_two_processes_at_once_download_once(one_file, server):
    server.delay = 0.5  # long enough for the second process to arrive in the middle
    file = download.FULL_FILES["digits"][0]
    code = (
        "from gencourse.data import download as d\n"
        f"d.FULL_FILES['digits'] = (d.RemoteFile(*{tuple(file)!r}),)\n"
        "print(d.fetch_full('digits', progress=False)[0])"
    )
    root = Path(data.__file__).resolve().parents[2]
    command = [sys.executable, "-c", code]
    both = [
        subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert out.strip() == str(one_file)
    assert one_file.read_bytes() == CONTENT
    assert server.requests == ["/mirror/digits/mnist.npz"]


# --- The two real sets, in the form their files have --------------------------------------------------------------


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    return header + array.tobytes()


@pytest.fixture(scope="module")
def tiny():
    rng = np.random.default_rng(1)
    return data.ImageSplits(
        rng.integers(0, 256, (7, 28, 28), dtype=np.uint8),
        rng.integers(0, 10, 7, dtype=np.uint8),
        rng.integers(0, 256, (3, 28, 28), dtype=np.uint8),
        rng.integers(0, 10, 3, dtype=np.uint8),
    )


def serve(server, monkeypatch, name, contents):
    files = tuple(remote(path, content) for path, content in contents.items())
    monkeypatch.setitem(download.FULL_FILES, name, files)
    for path, content in contents.items():
        server.answers[f"/mirror/{path}"] = (200, "application/gzip", content, None)


def same(splits, tiny):
    for got, expected in zip(splits, tiny, strict=True):
        assert got.dtype == np.uint8
        np.testing.assert_array_equal(got, expected)
        got[...] = 0  # writable


def test_full_digits_are_read(server, cache, monkeypatch, tiny):
    stream = io.BytesIO()
    np.savez(stream, x_train=tiny[0], y_train=tiny[1], x_test=tiny[2], y_test=tiny[3])
    serve(server, monkeypatch, "digits", {"digits/mnist.npz": stream.getvalue()})
    same(data.load_images("digits", full=True), tiny)


def test_full_fashion_is_read(server, cache, monkeypatch, tiny):
    names = [file.name for file in download.FULL_FILES["fashion"]]
    contents = {name: gzip.compress(idx(array)) for name, array in zip(names, tiny, strict=True)}
    serve(server, monkeypatch, "fashion", contents)
    same(data.load_images("fashion", full=True), tiny)


def test_the_digits_are_the_file_that_keras_uses():
    source = pytest.importorskip("keras.src.datasets.mnist")
    assert download.FULL_FILES["digits"][0].sha256 in Path(source.__file__).read_text(encoding="utf-8")


def test_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("GENCOURSE_DATA", str(tmp_path))
    assert data.cache_folder() == tmp_path
    monkeypatch.delenv("GENCOURSE_DATA")
    assert "gencourse" in str(data.cache_folder())


def test_unknown_set_is_refused():
    with pytest.raises(ValueError, match="Received: 'faces'"):
        data.fetch_full("faces")
