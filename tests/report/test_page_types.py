"""The page's modules against the types that their comments declare, by the TypeScript compiler."""

from subprocess import run

from chainrule.playground import OWN, SHARED, page_file
from chainrule.report.html import MODULES, page_part
from tests.npm import fetched

TYPESCRIPT = "5.9.3"
RUNTIME = "export function loadPyodide(options: { indexURL: string }): Promise<any>;\n"
OPTIONS = (
    *("--noEmit", "--allowJs", "--checkJs", "--strict", "false", "--noUnusedLocals"),
    *("--target", "esnext", "--module", "esnext", "--moduleResolution", "bundler"),
    *("--lib", "esnext,dom,dom.iterable", "--pretty", "false"),
)


def check(folder):
    compiler = fetched("typescript", TYPESCRIPT, unpacked=True) / "node_modules" / ".bin" / "tsc"
    names = {*OWN, *SHARED, *(f"{name}.js" for name in MODULES)}
    for name in names:
        if name.endswith(".js"):
            text = page_file(name) or page_part(name)
            (folder / name).write_text(text, encoding="utf-8")
    vendor = folder / "vendor" / "pyodide"
    vendor.mkdir(parents=True)
    (vendor / "pyodide.d.mts").write_text(RUNTIME, encoding="utf-8")
    files = sorted(path.name for path in folder.glob("*.js"))
    done = run([compiler, *OPTIONS, *files], cwd=folder, capture_output=True, text=True)
    return done.stdout.splitlines()


def test_the_modules_keep_to_their_types(tmp_path):
    assert check(tmp_path) == []


def test_a_wrong_type_is_found(tmp_path):
    (tmp_path / "wrong.js").write_text(
        'import { download } from "./dom.js";\ndownload({ name: 3, text: "" });\n', encoding="utf-8"
    )
    (line,) = check(tmp_path)
    assert "wrong.js(2,12)" in line
