"""Makes a site of these pages, `make docs`: what lies outside of this folder is brought in.

MkDocs calls the functions that begin with `on_`. The pages stay as they are. What they link to
beyond this folder comes along under `project/`, code as a page that shows it; the reference is made
of the docstrings of the public names; and the page that `make site` has written stands under
`play/`.
"""

import os
import re
import shutil
from pathlib import Path

import griffe
from mkdocs.structure.files import File
from mkdocs.structure.nav import Link

import chainrule
from chainrule import ops

DOCS = Path(__file__).resolve().parent
PROJECT = DOCS.parent
LINK = re.compile(r"(?<=\]\()[^)#:\s]+")
GROUPS = {
    "networks": ("Networks", "Network Neuron Dense Dropout load"),
    "training": (
        "Training and scores",
        """train_on_table train_on_stream score cross_validate search rows_for
        EarlyStopping SGD RMSProp Adagrad Adam AdamW""",
    ),
    "explanations": (
        "Explanations",
        "explain Explanation slope open_ledger UpdateProbe draw to_frame exercise",
    ),
    "results": (
        "What comes back",
        """train.History train.Epoch train.Watcher train.TrainingRun model.TrainedTable
        model.TrainedStream model.Rows model.Scores model.CrossValidation model.Fold model.Search
        explanations.what_if.WeightSlope explanations.what_if.Ranking explanations.what_if.Slope
        explanations.what_if.Counterfactual explanations.what_if.Nudge
        explanations.receipt.Receipt explanations.receipt.Worksheet
        explanations.shares.Blame explanations.shares.Price explanations.shares.Ledger
        explanations.shares.LedgerAccount explanations.culprits.Answer
        explanations.culprits.Culprit explanations.culprits.Group explanations.culprits.Mistake
        explanations.culprits.Mend explanations.culprits.TaughtBy explanations.culprits.Columns
        explanations.culprits.ExampleTotal explanations.culprits.ClassTotal
        checking.Check checking.Verdict diagnosis.Health diagnosis.Finding
        report.Graph report.ProgramText exercises.Sheet exercises.Judgment words.Records""",
    ),
    "parts": (
        "Parts of what comes back",
        """model.neuron.NeuronExplanation model.scores.Baseline model.trials.Trial
        explanations.what_if.counterfactual.Alternative explanations.receipt.receipt.Factor
        explanations.receipt.receipt.Merge explanations.receipt.chain.WeightPath
        explanations.receipt.worksheet.Line explanations.shares.Share
        explanations.shares.ledger.LedgerStep explanations.shares.update.Update
        explanations.culprits.mistake.Pushing explanations.culprits.mistake.SideEffect
        explanations.culprits.mend.Changed
        explanations.culprits.taught_by.Without explanations.culprits.columns.Shuffled
        exercises.numbers.NumberExercise exercises.python.PythonExercise""",
    ),
    "checks": ("Checks and health", "check_gradients check_update health ChainruleError"),
    "gradients": ("Gradients of functions", "grad value_and_grad hessian jacobian vjp Tensor"),
    "libraries": (
        "From and to other libraries",
        """from_sklearn from_torch to_torch from_onnx to_onnx
        interop.sklearn.NetworkClassifier interop.sklearn.NetworkRegressor""",
    ),
}


class Examples(griffe.Extension):
    """Reads `Example:`, as it stands in our docstrings, as the `Examples:` that griffe knows."""

    def on_object(self, *, obj, **_):
        """Read one docstring."""
        if not obj.is_alias and obj.docstring:
            obj.docstring.value = re.sub(
                r"^( *)Example:$", r"\1Examples:", obj.docstring.value, flags=re.MULTILINE
            )


def on_files(files, config):
    """Add the pages that do not lie in this folder."""
    pages = [*DOCS.glob("*.md"), PROJECT / "README.md", PROJECT / "CHANGELOG.md"]
    for page in pages:  # which grows while it is walked
        linked = linked_files(page)
        pages += (path for path in linked if path.suffix == ".md" and path not in pages)
        for path in (page, *linked):
            if not files.get_file_from_path(place(path)):
                files.append(brought(path, config))
    for name, text in reference().items():
        files.append(File.generated(config, f"reference/{name}.md", content=text))
    return files


def linked_files(page):
    """The files of the project that a page links to."""
    paths = {(page.parent / link).resolve() for link in LINK.findall(page.read_text("utf-8"))}
    return sorted(path for path in paths if path.is_file())


def place(path):
    """Where a file of the project stands among the pages of the site."""
    if path.is_relative_to(DOCS) and path.suffix != ".py":
        return path.relative_to(DOCS).as_posix()
    return f"project/{path.relative_to(PROJECT).as_posix()}{'.md' * (path.suffix == '.py')}"


def brought(path, config):
    """A file as the site holds it; code becomes a page."""
    if path.suffix != ".py":
        return File.generated(config, place(path), content=path.read_bytes())
    code = path.read_text("utf-8")  # found by what the pages say of it, not by its words
    head = "---\nhide: [toc]\nsearch: {exclude: true}\n---\n"
    text = f"{head}# {path.name}\n\n`````python\n{code}`````\n"
    return File.generated(config, place(path), content=text)


def reference():
    """The pages of the reference by name; an op's text is what `help` says of it."""
    pages = {
        page: f"# {title}\n"
        + "".join(
            f"\n::: {chainrule._HOME_OF.get(name, 'chainrule')}.{name}\n"
            f"    options: {{heading: cr.{name}}}\n"
            for name in names.split()
        )
        for page, (title, names) in GROUPS.items()
    }
    pages["ops"] = "# Ops, name by name\n" + "".join(
        f"\n## cr.{name} {{#chainrule.{name}}}\n\n"
        f"```{{ .text .wrap }}\n{getattr(ops, name).__doc__.strip()}\n```\n"
        for name in ops.__all__
    )
    return pages


def on_page_markdown(text, page, **_):
    """Say in MkDocs' words what GitHub understands: links out of the folder, folded parts, bars."""
    uri = page.file.src_uri
    source = PROJECT / uri.removeprefix("project/") if uri.startswith("project/") else DOCS / uri
    text = re.sub(r"^```(\w+) file=(\S+)$", r'```\1 title="\2"', text, flags=re.MULTILINE)
    text = re.sub(r"^```console extras$", "```console", text, flags=re.MULTILINE)
    text = text.replace("<details>", '<details markdown="1">')
    text = re.sub(r"^\|.*", lambda row: row[0].replace("\\|", "|"), text, flags=re.MULTILINE)

    def from_here(link):
        path = (source.parent / link[0]).resolve()
        start = Path(uri).parent
        return os.path.relpath(place(path), start) if path.is_file() else link[0]

    return LINK.sub(from_here, text)


def on_post_page(output, **_):
    """Name the dialog of the search, which the theme leaves without a name."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"')


on_post_template = on_post_page


def on_nav(nav, config, **_):
    """Name the page in the contents, where it is there."""
    if Path(config.extra["play"]).is_dir():
        nav.items.append(Link("Play", "play/index.html"))


def on_post_build(config):
    """Put the page beside the others."""
    if Path(config.extra["play"]).is_dir():
        shutil.copytree(config.extra["play"], Path(config.site_dir, "play"), dirs_exist_ok=True)
