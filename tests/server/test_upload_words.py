"""In the browser a refusal speaks of the form, where the command line speaks of its options."""

import pytest

from apportion.errors import ImportRefusedError
from apportion.server.upload_pages import in_page
from apportion.workspace import Workspaces
from apportion.workspace.data import ImportOptions

WEEKS = "\n".join(f"2020-01-{day:02},5,{day}" for day in (6, 13, 20, 27))
CASES = {
    "a column is missing": ("spend", "day,channel,spend\n2020-01-01,a,1\n", {}),
    "a column is mapped to none": ("spend", "date,channel,spend\n", {"columns": {"date": "x"}}),
    "no date": ("mmm", f"when,revenue,tv\n{WEEKS}\n", {"spend": ("tv",)}),
    "no outcome": ("mmm", f"date,sales,tv\n{WEEKS}\n", {"spend": ("tv",)}),
    "no spend": ("mmm", f"date,revenue,tv\n{WEEKS}\n", {}),
    "the outcome never changes": ("mmm", f"date,revenue,tv\n{WEEKS}\n", {"spend": ("tv",)}),
    "two roles": ("mmm", f"date,revenue,tv\n{WEEKS}\n", {"spend": ("tv",), "control": ("tv",)}),
    "no number": ("outcomes", "date,revenue,note\n2020-01-01,1,x\n", {}),
}


@pytest.mark.parametrize("case", CASES)
def test_no_option_of_the_command_line_is_named(installation, tmp_path, case):
    dataset, text, options = CASES[case]
    file = tmp_path / "file.csv"
    file.write_text(text)
    data = Workspaces(installation).open("clay").data

    with pytest.raises(ImportRefusedError) as refused:
        data.import_files(dataset, [file], ImportOptions(**options), dry_run=True)
    error = refused.value
    said = [in_page(text) for text in (error.summary, *(p.allowed for p in error.problems))]

    assert "--" not in " ".join(said)
    assert all(said)
