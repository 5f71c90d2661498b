"""CSV files: what is read, and what is refused in one sentence."""

import gzip
import hashlib

import pytest

from chainrule.data.cells import MISSING
from chainrule.data.csv_file import CsvFile, read_csv
from chainrule.data.reading_options import ReadingOptions
from chainrule.errors import DataError, OptionError
from tests.data.texts import learned


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_header(csv, delimiter):
    table = read_csv(csv(f"size{delimiter}colour\n1{delimiter}red\n"))
    assert (table.names, table.columns) == (("size", "colour"), (["1"], ["red"]))


def test_a_delimiter_inside_quotes_does_not_count(csv):
    assert read_csv(csv('"a,b,c";d\n1;2\n')).names == ("a,b,c", "d")


@pytest.mark.parametrize(
    ("content", "names", "first"),
    [
        ("Breite, cm;Farbe\n3,5;rot\n4,25;blau\n", ("Breite, cm", "Farbe"), "3.5"),
        ("Breite, cm;Höhe, cm\n3,5;2,5\n4,0;1,5\n", ("Breite, cm", "Höhe, cm"), "3.5"),
        ('"Preis\n(EUR)";Farbe\n3,5;rot\n', ("Preis\n(EUR)", "Farbe"), "3.5"),
        ("a;b;c,d\n1;2;3,1\n", ("a", "b", "c,d"), "1"),
        ("a; b,c\n1,2\n3,4\n", ("a; b", "c"), "1"),
        ("a, b\tc;d\n1, 2\t3;4\n", ("a, b", "c;d"), "1, 2"),
        ("Breite|Höhe, cm\n1,5|2,5\n4,0|1,5\n", ("Breite", "Höhe, cm"), "1.5"),
        ("only\n1\n2\n", ("only",), "1"),
    ],
)
def test_the_delimiter_is_the_one_that_divides_all_records_evenly(csv, content, names, first):
    table = read_csv(csv(content))
    assert (table.names, table.columns[0][0]) == (names, first)


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(csv, start):
    assert read_csv(csv(start + b"x,y\n1,2\n")).names == ("x", "y")


def test_quotes_hold_delimiters_line_ends_and_quotes(csv):
    table = read_csv(csv('x,y\n"a,b","c\nd"\n"say ""hi""",e\n'))
    assert table.columns == (["a,b", 'say "hi"'], ["c\nd", "e"])


def test_a_decimal_comma_is_a_decimal_point(csv):
    table = read_csv(csv("x;y\n-1,5;a,b\n2;1,2,3\n"))
    assert table.columns == (["-1.5", "2"], ["a,b", "1,2,3"])
    assert read_csv(csv('x,y\n"1,5",2\n')).columns == (["1.5"], ["2"])


def test_a_first_line_that_names_the_delimiter_is_obeyed_and_is_no_header(csv):
    table = read_csv(csv("sep=;\na,b;c\n1,5;2\n"))
    assert (table.names, table.columns) == (("a,b", "c"), (["1.5"], ["2"]))
    with pytest.raises(DataError, match="line 3: the header has 2 columns and this row has 1"):
        read_csv(csv("sep=;\na;c\n1\n"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_recognised_with_and_without_its_mark(csv, encoding):
    table = read_csv(csv("größe,y\nčaj,茶\n".encode(encoding)))
    assert (table.names, table.columns) == (("größe", "y"), (["čaj"], ["茶"]))
    assert "UTF-16" in table.notes[0]


def test_latin_1_is_recognised_and_told(csv):
    table = read_csv(csv("größe,y\ngrün,1\n".encode("latin-1")))
    assert (table.names, table.columns) == (("größe", "y"), (["grün"], ["1"]))
    assert "read as Windows-1252 (Latin-1)" in table.notes[0]


def test_an_encoding_that_is_named_is_used_or_refused(csv):
    text = "цвет,y\nжёлтый,1\n"
    options = ReadingOptions(encoding="cp1251")
    assert read_csv(csv(text.encode("cp1251")), options=options).names == ("цвет", "y")
    with pytest.raises(DataError, match=r"not UTF-8: byte 0 is 0xf6.* --encoding"):
        read_csv(csv(text.encode("cp1251")))
    with pytest.raises(DataError, match="not in the encoding ascii, which you named: byte 0"):
        read_csv(csv(text), options=ReadingOptions(encoding="ascii"))
    with pytest.raises(DataError, match="you named: byte 6"):
        read_csv(csv(b"a,b\n1,\xf6\n"), options=ReadingOptions(encoding="ascii"))
    for encoding in ("hex", "undefined"):
        with pytest.raises(OptionError, match=f"no encoding '{encoding}'"):
            read_csv(csv("x,y\n1,2\n"), options=ReadingOptions(encoding=encoding))
    with pytest.raises(DataError, match="holds half a letter, as utf-7 lets it"):
        read_csv(csv("x,y\n+2AA-,2\n"), options=ReadingOptions(encoding="utf-7"))
    with pytest.raises(OptionError, match="no encoding 'klingon'"):
        read_csv(csv(text), options=ReadingOptions(encoding="klingon"))


def test_a_file_may_have_no_header(csv):
    table = read_csv(csv("sep=;\n1;a\n2;b\n"), options=ReadingOptions(header=False))
    assert (table.names, table.columns) == (("column1", "column2"), (["1", "2"], ["a", "b"]))


@pytest.mark.parametrize("text", sorted({*MISSING, r"\N"}))
def test_every_usual_word_for_a_missing_value_is_one(csv, text):
    assert read_csv(csv(f"x,y\n {text} ,1\n2,2\n3,3\n")).columns[0] == [None, "2", "3"]


@pytest.mark.parametrize("text", ["0", "no", "---", "n", "nanny", "none"])
def test_words_that_only_resemble_a_missing_value_are_kept(csv, text):
    assert read_csv(csv(f"x,y\n{text},1\n2,2\n")).columns[0] == [text, "2"]


def test_windows_line_ends_blank_lines_and_a_missing_last_line_end_are_fine(csv):
    assert read_csv(csv("\r\nx;y\r\n\r\n1;2\r\n\r\n3;4")).columns == (["1", "3"], ["2", "4"])


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ('a, "b, c"\n1, "x, y"\n', [("a", "b, c"), ("1", "x, y")]),
        ('a;  "b"\n1; "x;y"\n', [("a", "b"), ("1", "x;y")]),
        ("'a','b'\n1,'x, y'\n", [("a", "b"), ("1", "x, y")]),
        ("'a'; 'b'\n'1';'it''s'\n", [("a", "b"), ("1", "it's")]),
        ("'a,b\n1,'x\n", [("'a", "b"), ("1", "'x")]),
        ("a,b\n1,x,\n", [("a", "b"), ("1", "x")]),
        ("a,b\n1,x, ,,\n", [("a", "b"), ("1", "x")]),
        ("a,b,,\n1,x\n", [("a", "b"), ("1", "x")]),
        ("a,b,\n1,x,\n", [("a", "b", "column3"), ("1", "x", "")]),
    ],
)
def test_spaces_before_quotes_single_quotes_and_marks_at_the_end_are_no_part_of_cells(
    csv, content, rows
):
    table = read_csv(csv(content))
    assert [table.names, *zip(*table.columns, strict=True)] == [
        rows[0],
        tuple(cell or None for cell in rows[1]),
    ]


@pytest.mark.parametrize(
    "content", ["a,b\n1,x,y\n", "a,b,\n1,x\n2,y,z\n", "a,b\n1,x,,y\n", "a,b,\n1,5,x,\n"]
)
def test_cells_beyond_the_header_that_hold_something_are_refused(csv, content):
    with pytest.raises(DataError, match="the header has"):
        read_csv(csv(content))


def test_a_row_of_weight_0_is_passed_over_though_a_mark_ends_it(csv):
    file = CsvFile(csv("a,w\n1,0,\n2,1,\n"), weight_column="w")
    (chunk,) = (table for _, table in file.chunks(10))
    assert chunk.column("a") == ["2"]


def test_lines_of_spaces_are_blank(csv):
    table = read_csv(csv("  \nx,y\n1,2\n \t \n3,4\n   "))
    assert (table.names, table.columns) == (("x", "y"), (["1", "3"], ["2", "4"]))
    assert read_csv(csv('x\n1\n""\n')).columns == (["1", None],)


def test_letters_beyond_ascii_are_read(csv):
    assert read_csv(csv("größe,y\nčaj,茶\n")).columns == (["čaj"], ["茶"])


def test_a_packed_file_is_read_like_a_plain_one(csv):
    text = b"x,y\n1,2\n"
    packed = csv(gzip.compress(text), "packed.csv.gz")
    assert read_csv(packed).columns == read_csv(csv(text)).columns


def test_the_fingerprint_is_that_of_the_bytes_of_the_file(csv):
    text = b"x,y\n1,2\n"
    assert read_csv(csv(text)).sha256 == hashlib.sha256(text).hexdigest()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"is empty"),
        (b"\n \n", r"blank lines only"),
        (b"x,y\n", r"small\.csv has a header and no rows"),
        (b"x,y\n1,2\n\n1,2,3\n", r"line 4: the header has 2 columns and this row has 3"),
        (b'x,y\n"a\nb",2\n1\n', r"line 4: the header has 2 columns and this row has 1"),
        (b"# x and y\nx,y\n1,2\n", r"header has 1 column and .* no comment above the header"),
        (b"Sales 2024\n\nx,y\n1,2\n", r"header has 1 column and .* no title above the header"),
        (b"x,y,x\n1,2,3\n", r"more than one column named x"),
        (b"x," + b"y" * 301 + b"\n1,2\n", r"name, 'y+…y+', is 301 characters long"),
        (b'x,y\n1,"2\n3,4\n', r"quote that is never closed"),
        (b'x,y\n"2\\" pipe",4\n', r"or is not written twice within a cell"),
        (b"x,y\n1,2\r3,4\n", r"line 2 \(a carriage return stands inside a line\): save the file"),
        (b"x" * 200_000 + b",y\n1,2\n", r"near its line 1 \(field larger than field limit"),
        (b"\xff\xd8\xff\xe0jpeg", r"not UTF-8: byte 0 is 0xff"),
        (gzip.compress(b"x,y\n1,2\n" * 99, mtime=0)[:-12], r"cut short or damaged"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(csv, content, sentence):
    with pytest.raises(DataError, match=sentence):
        read_csv(csv(content))


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(DataError, match="there is no file"):
        read_csv(tmp_path / "absent.csv")
    with pytest.raises(DataError, match="is a folder"):
        read_csv(tmp_path)


def test_chunks_put_together_are_the_whole_and_each_is_found_again(csv):
    path = csv("\ufeffx,y\n" + "".join(f'{n},"é\n{n}"\n\n' for n in range(10)))
    file = CsvFile(path)
    chunks = list(file.chunks(4))
    assert [(table.first_row, table.rows) for _, table in chunks] == [(0, 4), (4, 4), (8, 2)]
    cells = [value for _, table in chunks for value in table.column("y")]
    assert cells == read_csv(path).column("y")
    for start, table in reversed(chunks):
        assert file.chunk_at(start, 4) == table


def test_rows_know_the_lines_on_which_they_begin_past_blank_ones_and_cells_of_two_lines(csv):
    text = 'sep=,\na,b\n1,x\n\n2,"y\nz"\n3,x\n'
    lines = (3, 5, 7)
    path = csv(text)
    assert read_csv(path).lines == lines
    file = CsvFile(path)
    parts = [(start, table) for start, table in file.chunks(1)]
    assert [table.lines for _, table in parts] == [(3,), (5,), (7,)]
    assert [file.chunk_at(start, 1).lines for start, _ in parts] == [
        table.lines for _, table in parts
    ]
    headless = read_csv(csv("1,x\n2,y\n"), options=ReadingOptions(header=False))
    assert headless.lines == (1, 2)


def test_what_is_wrong_in_a_row_is_said_with_its_line(csv):
    path = csv("a,y\n" + "\n".join(f"{n},{n % 2}" for n in range(60)) + "\n\ninf,1\n")
    with pytest.raises(DataError, match=r"column a, line 63 \(row 60\) is inf"):
        learned(read_csv(path))


def test_a_text_that_breaks_off_being_utf_32_is_refused(tmp_path):
    path = tmp_path / "wide.csv"
    path.write_bytes("x,y\n1,2\n".encode("utf-32-le").join([b"\xff\xfe\0\0", b"\xff\xff\xff\xff"]))
    with pytest.raises(DataError, match=r"wide\.csv is not UTF-32: byte .*--encoding"):
        read_csv(path)


@pytest.mark.parametrize("cells", [1, 30, 100])
def test_a_long_file_read_in_parts_means_what_it_means_as_a_whole(csv, monkeypatch, cells):
    """Every kind of column: what some parts prove holds for all of them."""
    rows = [
        (
            n,
            "" if n % 9 == 4 else n / 4,
            f"0{n}" if n > 30 else n,
            f"{n % 3},{n % 7}",
            ("x", "NA", "1")[n % 3],
            f"2024-01-{n % 28 + 1:02d}",
            -1 if n == 35 else 1e300 * n,
            "1.0e999" if n == 37 else n,
            "other" if n > 38 else f"{n % 9}.50",
            "pq"[n % 2],
        )
        for n in range(40)
    ]
    names = "count;gaps;codes;decimal;words;date;large;infinite;late;y"
    path = csv("\n".join([names, *(";".join(map(str, row)) for row in rows)]))
    options = ReadingOptions(missing=("-1",))
    whole = read_csv(path, options=options)
    monkeypatch.setattr("chainrule.data.csv_file._CELLS_AT_ONCE", cells)
    parts = read_csv(path, options=options)
    assert (parts.readings, parts.lines) == (whole.readings, list(whole.lines))
    kept = {"infinite": "ignore", "large": "ignore", "late": "category"}
    one, two = (learned(table, types=kept) for table in (whole, parts))
    assert one == two
    assert one.apply(whole).x == two.apply(parts).x
    assert parts.column("large")[35] is None
    with pytest.raises(DataError, match=r"infinite, line 39 \(row 37\) is 1.0e999"):
        learned(parts, types={"large": "ignore", "late": "ignore"})


def test_the_typical_length_is_the_mean_of_the_header_and_the_first_rows(tmp_path):
    lines = ["x,y", "1,2", "100000,3", "1,123456789"]
    path = tmp_path / "rows.csv"
    path.write_text("".join(f"{line}\n" for line in lines))
    for count in (2, 3, 4):
        mean = sum(len(line) + 1 for line in lines[:count]) // count
        assert CsvFile(path).typical_bytes(count) == mean


def test_plain_numbers_of_a_long_file_are_kept_as_floats(csv, monkeypatch):
    monkeypatch.setattr("chainrule.data.csv_file._CELLS_AT_ONCE", 16)
    rows = [
        (n, ("", "NA", "5")[n % 3], f"{n},5", "ab"[n % 2], n if n < 9 else "x") for n in range(20)
    ]
    path = csv("n;gaps;c;y;late\n" + "".join(";".join(map(str, row)) + "\n" for row in rows))
    table = read_csv(path)
    kinds = {name: {type(cell) for cell in table.column(name)} for name in table.names}
    number, text, nothing = float, str, type(None)
    assert kinds == {
        "n": {number},
        "gaps": {number, nothing},
        "c": {text},
        "y": {text},
        "late": {text},
    }
    assert (table.rows, table.lines) == (20, list(range(2, 22)))


@pytest.mark.parametrize(
    ("odd", "names"), [(20, ("a;b", "c")), (21, None), (2, ("a;b", "c")), (1, ("a;b;c", "d"))]
)
def test_the_first_twenty_records_choose_the_delimiter(csv, odd, names):
    lines = ["a;b,c", *(f"{n};2,3" for n in range(25))]
    lines[odd - 1] = "a;b;c,d" if odd == 1 else "1;2;3,4"
    path = csv("\n".join(lines))
    if names:
        assert read_csv(path).names == names
    else:
        with pytest.raises(DataError, match="line 21: the header has 2 columns and this row has 3"):
            read_csv(path)


def test_a_header_of_a_lone_hash_is_no_comment(csv):
    with pytest.raises(DataError, match=r"and a name to the first if it names the rows$"):
        read_csv(csv("#,x\n1,2,3\n"))
    with pytest.raises(DataError, match=r"and no comment above the header$"):
        read_csv(csv("#a,x\n1,2,3\n"))


def test_rows_of_weight_0_are_passed_over_and_the_others_keep_their_numbers(csv):
    path = csv("w,x\n" + "".join(f"{w},{n}\n" for n, w in enumerate([0, 1, 1, 0, 2, 0, 3, 0])))
    file = CsvFile(path, weight_column="w")
    chunks = list(file.chunks(2))
    assert [(table.column("x"), table.lines) for _, table in chunks] == [
        (["1", "2"], (3, 4)),
        (["4", "6"], (6, 8)),
    ]
    assert [[*table.places(range(2)).rows] for _, table in chunks] == [[1, 2], [4, 6]]
    assert file.rows == 8
    for start, table in reversed(chunks):
        assert file.chunk_at(start, 2) == table


def test_the_line_of_a_quote_that_is_never_closed_is_told(csv):
    with pytest.raises(DataError, match=r"near its line 4 \(unexpected end"):
        read_csv(csv('sep=,\nx,y\n1,2\n3,"4\n'))


@pytest.mark.parametrize(("last", "times"), [("19", 1), ("x", 2)])
def test_a_long_file_is_read_again_only_where_a_column_turns_out_to_be_of_texts(
    csv, monkeypatch, last, times
):
    monkeypatch.setattr("chainrule.data.csv_file._CELLS_AT_ONCE", 16)
    own, begun = CsvFile.chunks, []
    monkeypatch.setattr(CsvFile, "chunks", lambda *which: begun.append(1) or own(*which))
    lines = [f"{n};{n},5;{'ab'[n % 2]}" for n in range(19)]
    table = read_csv(csv("\n".join(["n;c;y", *lines, f"{last};1,5;a"])))
    assert len(begun) == times
    assert [str(cell) for cell in table.column("n")][18:] == (
        ["18.0", "19.0"] if times == 1 else ["18", "x"]
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            "Sales 2024;;;\nshop;visits;sales\na;1;2\nb;2;3\n",
            "if titles stand above the header, take them out",
        ),
        ("Sales 2024\n\nshop;visits\na;1\nb;2\nc;3\n", "and no title above the header$"),
        ("Sales;2024\nshop;visits;sales;y\na;1;2;3\n", "and no title above the header$"),
        ("a,b\n1,2\n3,4\nend\n", "line 4: .*, or take the line out if it is no row$"),
        ("a,b\n1,2\na note\n3,4\n", "line 3: .*, or take the line out if it is no row$"),
        ("a,b\na note\nand one\n", "line 2: the header has 2 columns and this row has 1"),
        ("a,b\n1,2\n3,4,5\n", "give every row one cell a column$"),
    ],
)
def test_lines_that_are_no_rows_are_named_as_what_they_may_be(csv, content, sentence):
    with pytest.raises(DataError, match=sentence):
        read_csv(csv(content))


@pytest.mark.parametrize("mark", [" ", ",", "\t"])
def test_names_of_rows_stand_without_a_name_as_r_writes_them(csv, mark):
    rows = [('"x"', '"kind"'), ('"1"', "0.5", '"a"'), ('"2"', "0.7", '"b"')]
    table = read_csv(csv("\n".join(map(mark.join, rows))))
    assert (table.names, table.column("x")) == (("", "x", "kind"), ["0.5", "0.7"])
    assert "small.csv has one name less than columns: the first names the rows" in table.notes[-1]


@pytest.mark.parametrize("mark", [" ", ";", "\t"])
def test_rows_that_r_counts_without_quotes_have_no_name(csv, mark):
    rows = [("x", "kind"), *((str(n), f"0.{n}", "ab"[n % 2]) for n in range(1, 30))]
    table = read_csv(csv("\n".join(map(mark.join, rows))))
    assert (table.names, table.column("x")[:2]) == (("", "x", "kind"), ["0.1", "0.2"])
    assert "the first names the rows, as R writes them" in table.notes[-1]


CARS = "mpg cyl disp\nMazda RX4 21.0 6 160\nFiat 128 32.4 4 NA\nMerc 450 SL 17.3 8 275.8\n"


def test_names_of_rows_have_spaces_where_as_many_numbers_as_names_stand_behind(csv):
    table = read_csv(csv(CARS))
    assert table.names == ("", "mpg", "cyl", "disp")
    assert table.columns[0] == ["Mazda RX4", "Fiat 128", "Merc 450 SL"]
    assert table.column("disp") == ["160", None, "275.8"]
    assert "the first names the rows, as R writes them" in table.notes[-1]
    some = CARS.replace("160", "low"), "name score\nAnn Lee 3\nBob Low 4\n"
    twice = CARS.replace("Fiat 128", "Mazda RX4")  # names of rows differ
    counted = "x y\n0,39 1 5\n0,80 9 6\n"
    for text in (*some, twice, counted, CARS.replace("mpg", "Name"), CARS.replace("disp", "3")):
        with pytest.raises(DataError):  # the words may belong to any column
            learned(read_csv(csv(text)))
    for options in (ReadingOptions(names=("mpg cyl disp",)), ReadingOptions(header=False)):
        assert len(read_csv(csv(CARS), options=options).names) == 1
    with pytest.raises(DataError, match="where cells have spaces in them, a tab or quotes"):
        learned(read_csv(csv("a b\nx y z\nx z\nx y z\n")))


@pytest.mark.parametrize(
    "content",
    [
        "name,city,y\n1,Lee, Ann,Rome\n2,Low, Bo,Ulm\n",
        "id\tage\n1\t30\t7\n2\t31\t8\n",
        '"id"\t"age"\n1\t30\t7\n2\t31\t8\n',
        "Case No.;age\n1;30;7\n2;31;8\n",
        "size;;age\n1;3;4;7\n2;3;4;8\n",
        "subject_id ;age\n1;30;7\n2;31;8\n",
        "id,name,city\n1,Lee, Ann,Rome\n2,Low, Bo,Ulm\n",
        '"x","kind"\n"a",1,"p"\n"a",2,"q"\n',
        '"x","kind"\n"a",1,"p"\nb,2,"q"\n',
    ],
)
def test_rows_of_one_cell_more_than_the_header_are_refused_where_it_may_be_any_of_them(
    csv, content
):
    with pytest.raises(DataError, match=r"and a name to the first if it names the rows$"):
        read_csv(csv(content))


def test_a_remark_behind_some_rows_that_are_counted_makes_no_names_of_them(csv):
    with pytest.raises(DataError, match="the header has 2 columns and this row has 3"):
        read_csv(csv("patient;age\n1;30;\n2;31;late\n3;31;\n"))


def test_marks_at_the_end_of_rows_alone_add_no_column(csv):
    rows = "".join(f'"n{n}",{n},{n % 3},\n' for n in range(4))
    table = read_csv(csv(f'"name","x","y"\n{rows}'))
    assert (table.names, table.column("x")) == (("name", "x", "y"), ["0", "1", "2", "3"])


def test_spaces_stand_between_cells_where_no_other_mark_does(csv):
    table = read_csv(csv("   x    y  kind\n 1.5  -2.0   a\n10.5   3.0   b\n"))
    assert (table.names, table.column("y")) == (("x", "y", "kind"), ["-2.0", "3.0"])
    assert table.notes == ("small.csv is read with spaces between its cells.",)
    assert read_csv(csv("full name\nAnn Lee\nBo\n")).names == ("full name",)
    words = csv("size colour\nsmall red\nlarge blue\n")
    assert read_csv(words).column("colour") == ["red", "blue"]
    options = ReadingOptions(names=("Size Colour",))
    assert read_csv(words, options=options).columns == (["small red", "large blue"],)


@pytest.mark.parametrize(
    ("content", "cells"),
    [
        (' name\n "x y"\n b\n', ["x y", "b"]),
        (" text\n one two\n three four\n", ["one two", "three four"]),
        ("  size\n  1\n  2\n", ["1", "2"]),
    ],
)
def test_a_space_before_every_line_is_no_cell(csv, content, cells):
    assert read_csv(csv(content)).columns == (cells,)


@pytest.mark.parametrize(
    ("content", "last"),
    [
        (" a b\n0 1.5 x\n1  y\n", ["x", "y"]),
        (" b\n0 1.5\n1 2.5\n", ["1.5", "2.5"]),
        (" a c b\n 1  2\n 3 4 5\n", ["2", "5"]),
    ],
)
def test_between_spaces_the_first_column_may_have_no_name_as_pandas_writes_it(csv, content, last):
    table = read_csv(csv(content))
    assert (table.names[0], table.column("b")) == ("", last)
