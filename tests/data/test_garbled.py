"""Letters of UTF-8 that were read as Latin-1, and HTML, are told; real letters are not."""

import pytest

from chainrule.data.garbled import garbled
from chainrule.data.leaks import leaks
from tests.data.texts import learned, read

REAL = ["São Paulo", "JOÃO", "NIÑO", "CAFÉ®", "Ångström", "ÅÄÖ", "ÂGE", "Ðuro", "Đà Nẵng", "Straße"]
REAL += [
    "Müller",
    "naïve",
    "€ 5",
    "Москва",
    "東京",
    "Ø 5",
    "±3 °C",
    "ÄÖÜ",
    "Ã",
    "ÑU",
    "ČÁSTKA",
    "tpsa (Å²)",
    "Å·s",
    "AMANHÃ…",
    "MANHÃ \u2013 TARDE",
    "“IRMÃ”",
    "BLÅ\u2013GUL",
    "IRMÃ\u00a0MARIA",
    "Ä\u2013Z",
    "CABAÑ…",
    "STAÐ®",
]
PLAIN = ["AT&T;", "R&D", "a & b; c", "&", "&;", "&amp", "&nosuch;", "Q&A;", "B&notes;"]


def test_real_letters_and_ampersands_are_not_told():
    assert list(garbled([*REAL, *PLAIN])) == []


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (text, "cp1252")
        for text in ("Köln", "KÖLN", "HÔTEL", "Größe", "10 €", "“so", "5 µm", "ñ", "škola")
    ]
    + [
        (text, "latin-1")
        for text in ("Köln", "Größe", "10 €", "“so”", "Ávila", "Ёлка", "Škoda", "vaikų")
    ],
)
def test_utf_8_that_was_read_as_latin_1_is_told_once_with_what_it_was(text, encoding):
    spoilt = text.encode().decode(encoding)
    (said,) = garbled(["plain", spoilt, spoilt + "x"])
    assert said.startswith(f"{spoilt!r} most likely means {text!r}: a file in UTF-8")


@pytest.mark.parametrize("text", ["Salt &amp; Pepper", "&euro;5", "&#39;", "&#x20AC;", "a&nbsp;b"])
def test_html_is_told_once_with_what_it_shows(text):
    (said,) = garbled(["plain", text, "&lt;"])
    assert said.startswith(f"{text!r} is HTML for")


def test_names_of_columns_and_cells_of_any_column_are_looked_at():
    texts = ["KÃ¶ln", "Ulm"] * 20
    assert any("'Köln'" in said for said in leaks(*_with(texts, y=["a", "b"] * 20)))
    assert any("'Köln'" in said for said in leaks(*_with(list(range(40)), y=texts)))
    assert not any(
        "means" in said for said in leaks(*_with(["Köln", "Ulm"] * 20, y=["a", "b"] * 20))
    )


def _with(texts, y):
    table = read(texts, y=y)
    return learned(table, "y"), table
