"""The documentation as a site: `make docs` builds it with no link dead, and all of it is there."""

import inspect
import json
import os
import re

import pytest

import chainrule
from chainrule import ops
from chainrule.exercises import Sheet
from chainrule.explanations import culprits, receipt, shares, what_if
from chainrule.model import Search
from tests.processes import python
from tests.source_files import PROJECT

PAGES = sorted((PROJECT / "docs").glob("*.md"))
EXAMPLES = sorted((PROJECT / "examples").glob("*.py"))
ELSEWHERE = re.compile(r"""(?:\ssrc=|<link [^>]*href=|@import |url\()["']?(?:https?:)?//""")

pytestmark = pytest.mark.extra("material", "mkdocs", "mkdocstrings")


def build(folder, play):
    words = ("-m", "mkdocs", "build", "--strict", "--site-dir", folder)
    done = python(*words, env={**os.environ, "PLAY": str(play)}, timeout=None)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The site, with a page of two files under play/."""
    play = tmp_path_factory.mktemp("play")
    (play / "index.html").write_text("<p>the page</p>")
    (play / "README.md").write_text("as it is")
    return build(tmp_path_factory.mktemp("site"), play)


def ids(*pages):
    return {
        name for page in pages for name in re.findall(r'\sid="([^"]+)"', page.read_text("utf-8"))
    }


def test_every_page_and_every_example_is_there_and_in_the_contents(site):
    names = [("index" if p.stem == "README" else p.stem) + ".html" for p in PAGES]
    names += [f"project/examples/{path.name}.html" for path in EXAMPLES]
    contents = (site / "index.html").read_text("utf-8")
    assert not [n for n in names if not (site / n).is_file() or f'href="{n}"' not in contents]


def test_the_dialog_of_the_search_has_a_name_on_every_page(site):
    pages = [path.read_text("utf-8") for path in site.rglob("*.html") if path.parent.name != "play"]
    dialogs = re.findall(r'<[^>]*role="dialog"[^>]*>', "".join(pages))
    assert len(dialogs) == len(pages)
    assert all('aria-label="Search"' in dialog for dialog in dialogs)


def test_every_public_name_has_its_place_in_the_reference(site):
    there = ids(*(site / "reference").glob("*.html"))
    names = {f"{home}.{name}" for name, home in chainrule._HOME_OF.items()}
    names |= {f"chainrule.{name}" for name in ops.__all__}
    assert not names - there
    text = (site / "reference" / "ops.html").read_text("utf-8")
    assert "da/dz = 0 if z &lt;= 0 else 1" in text


OURS_ALONE = {"Any", "Callable", "None", "Sequential", "NetworkStudy", "Loss", "Recipe"}
"""What an annotation names beside classes of results; the last three tell of how it works."""

HOLDING = {
    *(chainrule.Neuron, culprits.Columns, culprits.Mend, culprits.Mistake, culprits.TaughtBy),
    *(receipt.Receipt, receipt.Worksheet, shares.Blame, what_if.Counterfactual, Search),
}
"""Results that hold records of others."""


def returned(owner):
    """The classes that the public functions or methods of an owner say they return."""
    for name, member in inspect.getmembers(owner):
        member = getattr(member, "func", getattr(member, "fget", member))  # properties, cached too
        if not name.startswith("_") and inspect.isfunction(member):
            said = str(inspect.signature(member).return_annotation)
            yield from re.findall(r"\b[A-Z]\w+", said)


def test_what_a_public_function_returns_has_its_place_too(site):
    there = {
        name.rpartition(".")[2]
        for name in ids(*(site / "reference").glob("*.html"))
        if name.startswith("chainrule.")
    }
    owners = {chainrule, chainrule.Explanation, chainrule.Network, Sheet, *HOLDING}
    names = {name for owner in owners for name in returned(owner)}
    fields = [str(said) for owner in HOLDING for said in inspect.get_annotations(owner).values()]
    names.update(re.findall(r"\b[A-Z]\w+", " ".join(fields)))
    assert {"History", "Slope", "Judgment", "Share", "Trial"} <= names
    assert names - OURS_ALONE - there == set()


def test_code_in_a_folded_answer_is_code(site):
    text = (site / "06-gradients.html").read_text("utf-8")
    answer = text[text.index("<summary>Answer</summary>") : text.index("</details>")]
    assert answer.count('<div class="highlight">') == 2
    assert "```" not in answer


def test_a_bar_in_a_table_is_a_bar(site):
    text = (site / "ops.html").read_text("utf-8")
    assert "<code>a = |x|</code>" in text
    assert "\\|" not in text


def test_code_is_read_and_not_searched(site):
    found = json.loads((site / "search" / "search_index.json").read_text("utf-8"))["docs"]
    places = {each["location"] for each in found}
    assert {"06-gradients.html", "reference/gradients.html"} <= places
    assert not [place for place in places if ".py." in place]


def test_an_example_of_a_docstring_is_shown_as_code(site):
    text = (site / "reference" / "gradients.html").read_text("utf-8")
    assert '<span class="gp">&gt;&gt;&gt; </span>' in text


def test_the_page_stands_under_play_unchanged(site):
    assert (site / "play" / "index.html").read_text() == "<p>the page</p>"
    assert (site / "play" / "README.md").read_text() == "as it is"
    assert 'href="play/index.html"' in (site / "index.html").read_text("utf-8")
    assert (site / "play.html").is_file()


def test_nothing_is_loaded_from_elsewhere_and_no_script_of_ours_is_a_page(site):
    files = [p for p in site.rglob("*") if p.suffix in {".html", ".css"} and "play" not in p.parts]
    assert not [path.name for path in files if ELSEWHERE.search(path.read_text("utf-8"))]
    assert not [*site.rglob("*.py"), *site.rglob("*.mjs")]


@pytest.mark.extra("playwright")
@pytest.mark.parametrize("name", ["ops", "how-to", "05-loss"])
def test_on_a_telephone_a_table_of_words_need_not_be_moved_sideways(site, browser, name):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto((site / f"{name}.html").as_uri())
    wider = "all => all.map(each => each.scrollWidth - each.clientWidth)"
    boxes = page.eval_on_selector_all(".md-typeset__scrollwrap", wider)
    assert boxes
    assert max(boxes) == 0
    page.close()


def test_the_site_is_built_where_the_page_is_not(tmp_path):
    site = build(tmp_path / "site", tmp_path / "nowhere")
    assert not (site / "play").exists()
    assert "play/index.html" not in (site / "index.html").read_text("utf-8")
