"""Phone numbers in their one normal form, E.164."""

from functools import lru_cache

import phonenumbers

__all__ = ["e164"]


@lru_cache(maxsize=16_384)
def e164(text: str, region: str | None = None) -> str | None:
    """`text` as an E.164 number such as `+12025550123`, or None if it cannot be one.

    `region` is the two-letter country of numbers written without a country code; without it they are None, as are
    short codes and sender names. A number need not be in service, only of a possible length.

    Source: ITU-T E.164; lengths by the phonenumbers package.
    """
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
