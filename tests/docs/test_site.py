"""The built site in a browser: search, pictures, formulas, a narrow screen.

Skipped where `make docs` has not been run, or no Chromium is there.
"""

import functools
import http.server
import json
import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

SITE = Path(__file__).parents[2] / "docs" / "_build" / "html"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
    *("--no-first-run", "--disable-background-networking", "--disable-sync"),
    *("--disable-component-update", "--virtual-time-budget=60000", "--dump-dom"),
)
pytestmark = pytest.mark.skipif(
    BROWSER is None or not (SITE / "index.html").is_file(),
    reason="needs Chromium, and the site that `make docs` builds",
)

# Opens one page after the other, 390 pixels wide, and writes down what it sees.
VISITOR = """<!doctype html><body><iframe width=390 height=800></iframe><script>
const frame = document.querySelector("iframe"), pages = PAGES, found = {};
function next() {
  if (!pages.length) {
    document.body.innerHTML = "<pre id=found>" + JSON.stringify(found) + "</pre>";
    return;
  }
  const page = pages.shift();
  frame.onload = () => {
    const inside = frame.contentDocument;
    const all = (what) => [...inside.querySelectorAll(what)];
    const seen = (element) => element.getBoundingClientRect().width > 0;
    for (const image of all("img")) image.loading = "eager";
    found[page] = {
      width: inside.documentElement.scrollWidth,
      images: all("img").length,
      broken: all("img").filter((i) => i.complete && !i.naturalWidth).map((i) => i.src),
      formulas: all("math").length,
      errors: all("merror").length + all("math").filter((m) => !seen(m)).length,
    };
    next();
  };
  frame.src = page;
}
next();
</script></body>"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """The site, and the page that visits all others."""

    def do_GET(self):
        if self.path != "/visitor":
            super().do_GET()
            return
        pages = sorted(file.relative_to(SITE).as_posix() for file in html_files())
        body = VISITOR.replace("PAGES", json.dumps(pages)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def html_files():
    return [file for file in SITE.rglob("*.html") if "_static" not in file.parts]


@pytest.fixture(scope="module")
def look(tmp_path_factory):
    """`look(address)`: the document as it is once its scripts have run."""
    handler = functools.partial(Handler, directory=str(SITE))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    profile = tmp_path_factory.mktemp("browser")

    def dom(address):
        url = f"http://127.0.0.1:{server.server_port}/{address}"
        command = [BROWSER, *FLAGS, f"--user-data-dir={profile}", url]
        done = subprocess.run(command, capture_output=True, timeout=300, check=True)
        return done.stdout.decode()

    yield dom
    server.shutdown()


@pytest.fixture(scope="module")
def visited(look):
    text = re.search(r'<pre id="found">(.*?)</pre>', look("visitor"), re.DOTALL)
    assert text is not None
    return json.loads(text[1])


def test_search_finds_a_name_and_a_word(look):
    assert "keras_nonnormal.analysis.henrici_index" in look(
        "search.html?q=henrici_index"
    )
    found = look("search.html?q=pseudospectra")
    assert re.search(r'<li[^>]*><a href="[^"]*memory[^"]*"', found)


def test_pictures_and_formulas_are_there_on_every_page(visited):
    assert len(visited) == len(html_files()) > 30
    assert sum(page["images"] for page in visited.values()) > 5
    assert sum(page["formulas"] for page in visited.values()) > 100
    wrong = {name: p for name, p in visited.items() if p["broken"] or p["errors"]}
    assert not wrong


def test_no_page_is_wider_than_a_telephone(visited):
    wide = {
        name: page["width"] for name, page in visited.items() if page["width"] > 390
    }
    assert not wide
