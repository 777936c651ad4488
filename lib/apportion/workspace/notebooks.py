"""Which notebooks there are, and which parameters each knows.

papermill only warns of an unknown parameter and runs with the default: a typing error in `tenant`
would run another tenant's page. So parameters are compared with the notebook's own before anything
is stored, and `tenant` is never among what a caller may pass.

The cell tagged ``parameters`` is read as papermill reads it, but without papermill: a page must be
able to ask for a run, and must not take a second to load what executes one.
"""

import ast
import difflib
import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import JsonValue

from apportion.errors import NotFoundError, ParameterError

NAMES = {
    "journeys": "Journeys",
    "mmm": "Media mix",
    "incrementality": "Incrementality",
    "ai_insights": "AI insights",
}
"""What each notebook is called on screen."""
NOTEBOOKS = tuple(NAMES)
RESERVED = ("tenant", "refresh")
"""Set by the run itself."""

_TYPES: Mapping[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
_WORDS = {"true": True, "false": False}


def find_notebook(folder: Path, name: str) -> Path:
    """Give the path of notebook `name`; NotFoundError lists those there are."""
    there = [known for known in NOTEBOOKS if (folder / f"{known}.ipynb").is_file()]
    if name not in there:
        raise NotFoundError(f"There is no notebook {name!r}; there is {', '.join(there)}.")
    return folder / f"{name}.ipynb"


def notebook_parameters(notebook: Path) -> dict[str, str]:
    """Give the parameters that a caller may set, with the type each is declared as."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    declared = {}
    for cell in cells:
        if "parameters" in cell["metadata"].get("tags", ()):
            for line in ast.parse("".join(cell["source"])).body:
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                    declared[line.target.id] = ast.unparse(line.annotation)
    return {name: kind for name, kind in declared.items() if name not in RESERVED}


def check_parameters(notebook: Path, given: Mapping[str, str]) -> dict[str, JsonValue]:
    """Give `given` with the types that the notebook declares.

    Raises
    ------
    ParameterError
        If the notebook has no such parameter, or a value is not of its type.
    """
    known = notebook_parameters(notebook)
    return {name: _value(name, text, known, notebook.stem) for name, text in given.items()}


def _value(name: str, text: str, known: Mapping[str, str], notebook: str) -> JsonValue:
    if name in RESERVED:
        raise ParameterError(f"{name!r} is set by the run itself; use --tenant for the tenant.")
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ParameterError(
            f"The notebook {notebook!r} has no parameter {name!r}; it has {', '.join(known)}.{hint}"
        )
    kind = _TYPES.get(known[name], str)
    try:
        return _WORDS[text.lower()] if kind is bool else kind(text)
    except (ValueError, KeyError) as error:
        raise ParameterError(f"{name} must be {known[name]}; found {text!r}.") from error
