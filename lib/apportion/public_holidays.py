"""Public holidays by country, as the ``holidays`` library knows them."""

import datetime as dt

from apportion.errors import ParameterError


def public_holidays(country: str, first_year: int, last_year: int) -> dict[dt.date, str]:
    """Give the name of every public holiday of some years; "observed" days under the same name.

    Parameters
    ----------
    country : str
        ISO 3166 code, with a subdivision after a hyphen if wanted (``DE``, ``US-CA``); empty: none.

    Raises
    ------
    ParameterError
        If the country or its subdivision is not known.
    """
    if not country:
        return {}
    # Here and not above: whoever asks for no holidays does not load them.
    import holidays

    code, _, subdivision = country.upper().partition("-")
    try:
        found = holidays.country_holidays(
            code,
            subdiv=subdivision or None,
            years=range(first_year, last_year + 1),
            language="en_US",
        )
    except NotImplementedError as error:
        known = holidays.list_supported_countries()
        allowed = (
            f"{code} has {', '.join(known[code]) or 'no subdivisions'}"
            if code in known
            else "a country is its ISO code, as DE, FR, GB or US"
        )
        raise ParameterError(f"There are no holidays for {country!r}; {allowed}.") from error
    return {day: _common(name) for day, name in found.items()}


def _common(name: str) -> str:
    return name.split(";")[0].removesuffix(" (observed)").removesuffix(" (estimated)")
