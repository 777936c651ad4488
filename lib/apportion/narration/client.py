"""The client for Claude, from this installation's settings and from nothing else.

The library's own client also reads variables named ``ANTHROPIC_*`` and profiles from the user's
folder: key and address if they are not given, and additional headers even if they are. A shared
server must not use a key that it was not given, so all of them are passed here, and the headers are
put back to none.

One request has one deadline, over all attempts. The library retries by itself and obeys a
``retry-after`` of any length; here it does not retry, and :func:`send` does, a little.
"""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import anthropic

from apportion.config import Settings

DEADLINE_SECONDS = 45.0
"""Of everything that one summary or one answer may take."""
ATTEMPTS = 3
LONGEST_WAIT_SECONDS = 8.0
"""A server that wants more patience than this is not waited for."""
RETRIED = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
OFFICIAL = "https://api.anthropic.com"


class NoAnswerError(Exception):
    """Claude gave nothing that can be used.

    Parameters
    ----------
    reason : str
        ``outage``, ``timeout``, ``refusal``, ``grounding`` or ``budget``.
    detail : str
        For the log; no tenant's text.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}" if detail else reason)


@dataclass(frozen=True)
class Deadline:
    """By when all of it must be done, on a clock that never goes back."""

    end: float
    clock: Callable[[], float] = time.monotonic

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return self.end - self.clock()


def deadline(seconds: float = DEADLINE_SECONDS) -> Deadline:
    """Give a deadline from now."""
    return Deadline(time.monotonic() + seconds)


def client_of(settings: Settings) -> anthropic.Anthropic | None:
    """Give the client; None: no key is set."""
    if settings.claude_api_key is None or not settings.claude_api_key.get_secret_value():
        return None
    client = anthropic.Anthropic(
        api_key=settings.claude_api_key.get_secret_value(),
        base_url=settings.claude_base_url or OFFICIAL,
        webhook_key="",
        max_retries=0,
        open_telemetry=False,
    )
    client._custom_headers = {}  # ANTHROPIC_CUSTOM_HEADERS is merged in whatever is passed
    return client


def send(
    client: anthropic.Anthropic,
    until: Deadline,
    request: Mapping[str, Any],
    wait: Callable[[float], None] = time.sleep,
) -> anthropic.types.Message:
    """Send one request; try again, a few times, while the deadline allows.

    Raises
    ------
    NoAnswerError
        If no message came: the service was down or busy, too slow, or sent something else. The
        library's own error is left behind: it has the reply in it, and a proxy may repeat the key.
    """
    detail = ""
    for attempt in range(ATTEMPTS):
        if until.left <= 0.5:
            raise NoAnswerError("timeout", detail)
        try:
            message = client.messages.create(**request, timeout=until.left)
        except anthropic.APITimeoutError as error:
            raise NoAnswerError("timeout", type(error).__name__) from None
        except anthropic.APIStatusError as error:
            detail = f"status {error.status_code}"
            if error.status_code not in RETRIED:
                raise NoAnswerError("outage", detail) from None
            pause = _pause(error, attempt)
        except anthropic.APIConnectionError as error:
            detail, pause = type(error).__name__, _backoff(attempt)
        except (anthropic.AnthropicError, ValueError, TypeError, AttributeError) as error:
            # A page instead of JSON, a body cut short, another shape.
            raise NoAnswerError("outage", type(error).__name__) from None
        else:
            if not isinstance(message, anthropic.types.Message):
                raise NoAnswerError("outage", "no message")
            return message
        if attempt + 1 == ATTEMPTS or pause > min(LONGEST_WAIT_SECONDS, until.left):
            break
        wait(pause)
    raise NoAnswerError("outage", detail)


def text_of(message: anthropic.types.Message) -> str:
    """Give the text of a finished message.

    Raises
    ------
    NoAnswerError
        If Claude declined, or there is no whole text.
    """
    try:
        if message.type != "message" or message.stop_reason is None:
            raise NoAnswerError("outage", "another shape")
        if message.stop_reason == "refusal":
            raise NoAnswerError("refusal")
        if message.stop_reason not in ("end_turn", "stop_sequence"):
            raise NoAnswerError("grounding", f"stopped by {message.stop_reason}")
        text = "".join(block.text for block in message.content if block.type == "text")
    except (TypeError, AttributeError) as error:
        raise NoAnswerError("outage", type(error).__name__) from error
    if not text:
        raise NoAnswerError("grounding", "no text")
    return text


def tokens_of(message: anthropic.types.Message) -> tuple[int, int]:
    """Give the tokens that a message has cost: in (also to and from the cache), out."""
    usage = message.usage
    try:
        read = (usage.cache_read_input_tokens or 0) + (usage.cache_creation_input_tokens or 0)
        return int(usage.input_tokens) + int(read), int(usage.output_tokens)
    except (TypeError, AttributeError, ValueError):
        return 0, 0


def _pause(error: anthropic.APIStatusError, attempt: int) -> float:
    asked = error.response.headers.get("retry-after", "")
    try:
        return max(float(asked), 0.0)
    except ValueError:
        return _backoff(attempt)


def _backoff(attempt: int) -> float:
    return float(0.5 * 2**attempt * (0.75 + 0.5 * random.random()))
