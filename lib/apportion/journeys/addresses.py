"""E-mail addresses are personal data: whole to analysts, masked to everybody else."""

from collections.abc import Iterable

from apportion.results.journeys import CustomerJourney

HIDDEN = "•••"


def masked(address: str) -> str:
    """Give an address that tells its owner and nobody else: m•••@•••.example.

    The first letter and what stands after the last dot are kept; a text that is no address keeps
    its first letter.
    """
    name, at, host = address.rpartition("@")
    if not at:
        return address[:1] + HIDDEN if address else ""
    _, dot, ending = host.rpartition(".")
    return f"{name[:1]}{HIDDEN}@{HIDDEN}{dot}{ending if dot else ''}"


def with_masked_addresses(journeys: Iterable[CustomerJourney]) -> tuple[CustomerJourney, ...]:
    """Give the same journeys without a whole address."""
    return tuple(
        journey.model_copy(update={"customer_email": masked(journey.customer_email)})
        for journey in journeys
    )
