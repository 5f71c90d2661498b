// Compiles the Python modules of a zip with the runtime that will read them, and adds them to it.
// `node docs/compile.mjs RUNTIME ZIP`, where RUNTIME is a folder with Pyodide's files.

import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [runtime, zip] = process.argv.slice(2).map((path) => resolve(path));
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`).href);
const pyodide = await loadPyodide({ indexURL: `${runtime}/` });
pyodide.unpackArchive(new Uint8Array(readFileSync(zip)), "zip", { extractDir: "/package" });
pyodide.runPython(`
import compileall, py_compile
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo
known = py_compile.PycInvalidationMode.UNCHECKED_HASH
assert compileall.compile_dir("/package", quiet=1, invalidation_mode=known)
with ZipFile("/made.zip", "w", ZIP_DEFLATED) as made:
    for path in sorted(path for path in Path("/package").rglob("*") if path.is_file()):
        name = ZipInfo(path.relative_to("/package").as_posix())
        made.writestr(name, path.read_bytes(), ZIP_DEFLATED)
`);
writeFileSync(zip, pyodide.FS.readFile("/made.zip"));
