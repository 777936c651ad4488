"""Free prose of Claude's: only words of a list pass, so that no figure, name or cause can.

A list of forbidden words was tried and failed on fresh examples (3 of 15 were caught); a list of
allowed words caught 41 of 41. It refuses much that would be harmless. That costs a sentence.
"""

import re
import unicodedata

_LIST = """
a about across act add adjust after again against all along also among an and any are as ask at
audience audiences back be before begin below between bid bids both brand budget budgets but by
calendar campaign campaigns can change changed changes channel channels check checkout checks
click clicks close comparable compare confirm consent consider continue contrast conversion
conversions correct cost costs could creative creatives current customer customers daily data day
days decide delivery depend device devices do does each earlier effect efficient end event events
every expected explain feed few find fix focus for from further has have hold how if import in
inspect instead into investigate is issue it its keep landing largest last late later least level
like likely link look main matter may measurement metric metrics mix model monitor month more most
move moved need needs new next no normal not note nothing now of offer on once only open or order
orders other others out over page pages part path pattern payment period place placement plan
please point possible previous price product products promotion promotions question rate rates
read reason recent record recorded recording region regions relate remain repair report result
results return returning revenue review run sales same season see segment segments session
sessions set share should show shows since site so some source sources spend spending stable stay
step steps still stock story summary tag tags take team test tests than that the their them then
there these they this those through to together total tracking trend trends understand until use
usual value verify very visit visits wait was watch week weeks were what when where whether which
while who why will with within without work would yet you your
"""
ALLOWED = frozenset(_LIST.split())
"""Neither numbers, nor directions, nor causes, nor names."""
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_SURROUNDINGS = re.compile(r"[^A-Za-z ,.;:'?()-]")
LONGEST = 240


def problem(text: str) -> str | None:
    """Say why a text does not pass; None: it does."""
    plain = unicodedata.normalize("NFKC", text)
    if plain != text or _SURROUNDINGS.search(text):
        return "a character that is neither a letter nor plain punctuation"
    if len(text) > LONGEST:
        return f"longer than {LONGEST} characters"
    for word in _WORD.findall(text):
        if word.lower() not in ALLOWED:
            return "a word that is not on the list"
    return None
