"""What need not be imported, and would take longest."""

import sys


def skip_iri_grammar() -> None:
    """Keep jsonschema, which reads notebooks, from building a grammar for a check of IRIs.

    Nothing here asks for that check, and jsonschema does without by design. It takes 0.9 s: more
    than all else that the process of a run imports, and two thirds of what Voilà does.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
