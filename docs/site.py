"""Writes the live page as a folder that any web server can hold, with Python beside it.

`python docs/site.py PYODIDE FOLDER`, where PYODIDE is the archive of the npm package `pyodide` in
the version that is pinned here; `make site` fetches it. Nothing of the folder is loaded from
elsewhere.
"""

import json
import shutil
import sys
import tarfile
from base64 import b64encode
from hashlib import sha512
from io import BytesIO
from pathlib import Path
from subprocess import run
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from chainrule.cli.play import tour_stops
from chainrule.playground import OWN, SHARED, Session, page_file

PROJECT = Path(__file__).parent.parent
PYODIDE = "0.27.7"
SHA512 = "RUSVJlhQdfWfgO9hVHCiXoG+nVZQRS5D9FzgpLJ/VcgGBLSAKoPL8kTiOikxbHQm1kRISeWUBdulEgO26qpSRA=="
RUNTIME = (
    *("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip"),
    *("pyodide-lock.json", "package.json", "README.md"),
)
NOTICE = f"""Pyodide {PYODIDE}, from the npm package pyodide, unchanged; sha512 {SHA512}
Its sources: https://github.com/pyodide/pyodide/tree/{PYODIDE}
The licences lie beside this file:
MPL-2.0.txt  Mozilla Public License 2.0: Pyodide, and hiwire, which it holds
PSF-2.0.txt  Python Software Foundation License 2: CPython 3.12 and its standard library
BUNDLED.txt  what CPython and Pyodide hold of others, each with its licence
HACL.txt  the head of Modules/_hacl/Hacl_Hash_SHA3.c, as in CPython 3.13.5: HACL*, in CPython
Emscripten.txt  LICENSE, as in Emscripten 3.1.69: the runtime that pyodide.asm.js begins with
musl.txt  system/lib/libc/musl/COPYRIGHT of the same sources: musl, the C library of Emscripten
LLVM.txt  system/lib/compiler-rt/LICENSE.TXT of the same sources: LLVM's runtime libraries
SHA256SUMS  what each of these texts hashes to; the last four come from Debian's source packages

What is known: pyodide-lock.json names CPython 3.12.7 and Emscripten 3.1.58, pyodide.asm.wasm
zlib 1.2.13 and expat 2.6.3; sqlite3, lzma and ssl are packages of their own, none of which is here.
What is not: the texts of Emscripten, musl and LLVM are those of 3.1.69, that of HACL* is of CPython
3.13.5; they were not compared with those of 3.1.58 and 3.12.7. Nor does the runtime name its musl,
LLVM, libffi or bzip2 by version. No lawyer has looked at this list.
"""
LICENCES = PROJECT / "docs" / "vendor" / "pyodide"
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; "
    "style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'"
)


def main(archive, folder):
    """Write the folder; one that is there is replaced."""
    runtime = files_of(Path(archive))
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    vendor = folder / "vendor" / "pyodide"
    shutil.copytree(LICENCES, vendor)
    shutil.copy(PROJECT / "LICENSE", folder)
    for name, content in runtime.items():
        (vendor / name).write_bytes(content)
    (vendor / "NOTICE").write_text(NOTICE, encoding="utf-8")
    for name in (*OWN, *SHARED):
        (folder / name).write_text(page_file(name), encoding="utf-8")
    index = page_file("index.html").replace(
        '<meta charset="utf-8">',
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
    )
    index = index.replace("<html ", '<html data-engine="worker" ')
    (folder / "index.html").write_text(index, encoding="utf-8")
    (folder / "chainrule.zip").write_bytes(package())
    compile_package(vendor, folder / "chainrule.zip")
    (folder / "tour.json").write_text(json.dumps(tour_stops()), encoding="utf-8")
    (folder / "first.json").write_text(json.dumps(first_screen()), encoding="utf-8")


def files_of(archive):
    """The files of the runtime, once the archive is the one that is pinned."""
    content = archive.read_bytes()
    found = b64encode(sha512(content).digest()).decode()
    if found != SHA512:
        sys.exit(f"{archive} is not pyodide {PYODIDE}: its sha512 is {found}, not {SHA512}")
    with tarfile.open(fileobj=BytesIO(content)) as tar:
        return {name: tar.extractfile(f"package/{name}").read() for name in RUNTIME}


def package():
    """The package as a zip that Python imports from; the same bytes for the same sources."""
    written = BytesIO()
    with ZipFile(written, "w", ZIP_DEFLATED) as target:
        for path in sorted((PROJECT / "chainrule").rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                name = path.relative_to(PROJECT).as_posix()
                target.writestr(ZipInfo(name), path.read_bytes(), ZIP_DEFLATED)
    return written.getvalue()


def compile_package(runtime, package_):
    """Add compiled modules to the package, which spares every visitor the time of it."""
    if node := shutil.which("node"):
        run([node, PROJECT / "docs" / "compile.mjs", runtime, package_], check=True)
    else:
        sys.stderr.write("without node on the search path, the page compiles its Python itself\n")


def first_screen():
    """What the page asks before Python has come, with the answers."""
    session = Session(tour=tour_stops())
    asked = [("state", {}), ("look", {}), ("weights", {}), ("grid", {}), ("answer", {})]
    known = {f"{name} {json.dumps(given)}": session.call(name, given) for name, given in asked}
    named = [
        weight["name"] for group in known["answer {}"]["groups"] for weight in group["weights"]
    ]
    named += [row["name"] for row in known["weights {}"]["rows"]]
    for weight in dict.fromkeys(named):
        given = json.dumps({"weight": weight}, separators=(",", ":"))
        known[f"why {given}"] = session.call("why", {"weight": weight})
    return known


if __name__ == "__main__":
    main(*sys.argv[1:])
