"""The question box of the insights page."""

from markupsafe import Markup

from apportion.results.insights import Answer
from apportion.views.insights.reading import REASONS
from apportion.views.parts import cards


def ask(answer: Answer | None) -> Markup:
    """Give the question box, and the answer to the last question."""
    form = Markup(
        '<form class="ap-ask" id="ask"><label for="question">For example: which region lost most '
        'revenue last week?</label><div class="ap-row"><input id="question" name="question" '
        'maxlength="300" autocomplete="off" data-keep><button type="submit" class="ap-btn primary" '
        'data-act="ask">Ask</button></div></form>'
    )
    said = Markup()
    if answer is not None and answer.is_answered:
        said = Markup('<ul class="ap-answers" role="status">{}</ul>').format(
            cards.joined(
                Markup("<li>{}<small>{}</small></li>").format(
                    figure.text, f"Source: {figure.source}"
                )
                for figure in answer.figures
            )
        )
    elif answer is not None:
        reason = REASONS.get(answer.reason, "your data hold no answer to it")
        said = cards.note("warn", "No answer", f"Because {reason}.")
    return cards.card(
        cards.title(
            "Ask about these data",
            "Claude looks things up; every figure comes from your data and says from where.",
        ),
        form,
        said,
    )
