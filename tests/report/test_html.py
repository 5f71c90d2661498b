"""The page as a file: whole, alone, inert, and the numbers it carries."""

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

import chainrule as cr
from chainrule.errors import DataError
from chainrule.report import html
from chainrule.report.html import inert_json, page, page_part, program, write_page
from chainrule.report.page_data import as_json

OLD = "<!doctype html>old"
VOID = {"meta", "link", "br", "hr", "img", "input"}
LOADING = {"src", "href", "srcset", "action", "data", "poster", "background", "style"}


class Reader(HTMLParser):
    """Collects elements, attributes and texts, and checks that elements close in order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.texts = [], [], {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)


@pytest.fixture(scope="module", params=["plain", "hostile"])
def text(request, written):
    return (written / f"{request.param}.html").read_text(encoding="utf-8")


def test_the_page_is_well_formed_and_holds_two_scripts_only(text):
    reader = Reader(text)
    assert reader.open == []
    assert [tag for tag, _ in reader.elements].count("script") == 2
    assert text.count("</script") == 2
    assert ("html", {"lang": "en", "data-theme": "auto"}) in reader.elements


def test_nothing_is_loaded_from_elsewhere(text):
    for tag, attributes in Reader(text).elements:
        assert not LOADING & attributes.keys(), tag
        assert not [key for key in attributes if key.startswith("on")], tag
    style_and_script = page_part("page.css") + program()
    found = re.findall(r"https?://[^\s\"')]+|url\(|@import|import\(|fetch\(", style_and_script)
    names = ["http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"]
    assert found == names  # never asked for


def test_the_policy_allows_the_page_its_own_style_and_script_and_nothing_else(text):
    policy = next(a["content"] for t, a in Reader(text).elements if "http-equiv" in a)
    allowed = dict(part.split(" ", 1) for part in policy.split("; "))
    assert allowed["default-src"] == "'none'"
    for kind, source in {"style-src": page_part("page.css"), "script-src": program()}.items():
        digest = b64encode(sha256(source.encode()).digest()).decode()
        assert allowed[kind] == f"'sha256-{digest}'"
        assert source in text


def test_the_numbers_in_the_page_are_those_of_the_explanation(explanation, tmp_path):
    ex = explanation()
    ex.to_html(tmp_path / "page.html", top=5)
    texts = Reader((tmp_path / "page.html").read_text(encoding="utf-8")).texts["script"]
    data = json.loads(texts[0])
    weights = ex.to_dict(top=5)["weights"]
    assert [{k: w[k] for k in weights[0]} for w in data["weights"]] == weights
    for detail in data["screen"]["details"]:
        slope = ex.slope(detail["name"]).value
        assert detail["slope"]["value"] == slope
        assert detail["receipt"]["batch_gradient"] == pytest.approx(slope, rel=1e-12)
    assert [row["loss"] for row in data["screen"]["groups"]] == [
        group.loss_if_cut for group in ex.groups(top=7)
    ]


def test_hostile_names_come_back_whole_and_visible(hostile, written):
    text = (written / "hostile.html").read_text(encoding="utf-8")
    data = json.loads(Reader(text).texts["script"][0])
    labels = set(data["network"]["inputs"])
    assert labels == {as_json(name) for name in hostile.inputs}
    assert "אבג\\u202eabc\u200f" in labels
    assert "\x00" not in text


@pytest.mark.parametrize("name", ["</SCRIPT >", "<!--", "&lt;", "\u2028", "]]>", "\\", '"'])
def test_json_in_a_script_cannot_end_it_and_comes_back_the_same(name):
    written = inert_json({name: name})
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == {name: name}


def test_a_number_that_is_not_finite_is_refused_unless_made_text():
    with pytest.raises(ValueError, match="JSON"):
        inert_json({"loss": float("nan")})
    assert json.loads(inert_json(as_json([float("inf"), float("nan")]))) == ["inf", "nan"]


def test_modules_import_only_what_stands_before_them_and_share_no_other_syntax():
    folder = Path(html.__file__).parent / "page"
    assert {path.stem for path in folder.glob("*.js")} == set(html.MODULES)
    for place, name in enumerate(html.MODULES):
        source = (folder / f"{name}.js").read_text(encoding="utf-8")
        imported = re.findall(r'^import .* from "\./(\w+)\.js";$', source, re.MULTILINE)
        assert len(imported) == len(re.findall(r"\bimport\b", source))
        assert set(imported) <= set(html.MODULES[:place])
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval", source)
        assert "</script" not in source.lower()


def test_the_page_replaces_what_was_there_and_leaves_nothing_beside_it(tmp_path):
    target = tmp_path / "page.html"
    target.write_text(OLD)
    target.chmod(0o640)
    write_page(target, "new ✓")
    assert target.read_text(encoding="utf-8") == "new ✓"
    assert target.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [target]


def test_a_failed_write_leaves_the_old_page_and_says_why(tmp_path, monkeypatch):
    target = tmp_path / "page.html"
    target.write_text(OLD)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DataError, match=r"page\.html \(No space left on device\); choose"):
        write_page(target, "new")
    assert target.read_text() == OLD
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    "found",
    [
        b"a,b\n1,2\n",
        b"\x08\0\0\0\0\0\0\0{}",
        b"<data/>",
        b"<htmlfoo",
        b"<!DOCTYPE svg>",
        b" " * 5000 + b"a,b\n1,2\n",
        b"<!---->" * 2000,
    ],
)
def test_what_is_no_page_is_not_overwritten(tmp_path, found):
    target = tmp_path / "iris.csv"
    target.write_bytes(found)
    with pytest.raises(DataError, match=r"iris\.csv exists and is not an HTML page"):
        write_page(target, "new")
    assert target.read_bytes() == found


@pytest.mark.parametrize(
    "found",
    [
        "",
        "\ufeff\n <!DOCTYPE html>",
        "<html lang=en>",
        "<!-- saved -->\n<!doctype html>",
        '<?xml version="1.0"?><!DOCTYPE html>',
        page({}),
    ],
)
def test_a_page_from_anywhere_and_an_empty_file_are_replaced(tmp_path, found):
    target = tmp_path / "page.html"
    target.write_text(found, encoding="utf-8")
    write_page(target, "new")
    assert target.read_text() == "new"


@pytest.mark.parametrize(
    ("path", "why"),
    [("", "it is a folder"), ("missing/page.html", "there is no folder .*missing; make")],
)
def test_a_place_where_no_page_can_be_is_refused_before_anything_is_computed(tmp_path, path, why):
    class Untouchable:
        """Fails when it is asked for anything."""

        def __getattr__(self, name):
            raise AssertionError(name)

    from chainrule.model import Explanation

    with pytest.raises(DataError, match=why):
        Explanation.to_html(Untouchable(), tmp_path / path)


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real.html").write_text(OLD)
    (tmp_path / "link.html").symlink_to(tmp_path / "real.html")
    write_page(tmp_path / "link.html", "new")
    assert (tmp_path / "link.html").is_symlink()
    assert (tmp_path / "real.html").read_text() == "new"


def test_readers_without_scripts_get_the_text():
    text = page({"title": "Loss 1"}, plain="a < b")
    assert "<noscript><pre>a &lt; b</pre></noscript>" in text


def colours():
    return dict(re.findall(r"--(\w+): light-dark\(([^)]*)\)", page_part("page.css")))


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("paper", ["paper", "card", "wash", "mark"])
@pytest.mark.parametrize(
    "ink", ["ink", "quiet", "above", "below", "doubt", "third", "fourth", "worse"]
)
def test_words_stand_out_from_their_paper(ink, paper, theme):
    # WCAG 2.2, success criterion 1.4.3: at least 4.5 to 1.
    found = [luminance(colours()[name].split(", ")[theme]) for name in (ink, paper)]
    assert (max(found) + 0.05) / (min(found) + 0.05) >= 4.5


def test_a_page_names_the_table_without_its_folder_and_says_that_a_row_was_held_out(tmp_path):
    table = tmp_path / "cars.csv"
    lines = [f"{row},{row % 7},{'ab'[row % 2]}" for row in range(40)]
    table.write_text("\n".join(["x,y,kind", *lines]), encoding="utf-8")
    net = cr.train_on_table(table, target="kind", epochs=2, seed=0, progress=False).net
    rows = cr.rows_for(net)
    for held_out in (True, False):
        row = rows.part(held_out=held_out).numbers[0]
        cr.explain(net, rows.row(row)).to_html(tmp_path / "page.html", top=1)
        written = (tmp_path / "page.html").read_text(encoding="utf-8")
        data = json.loads(Reader(written).texts["script"][0])
        assert (data["data"], data["held_out"]) == ("cars.csv", held_out)
        assert data["table_rows"] == 40
        assert str(tmp_path) not in written
