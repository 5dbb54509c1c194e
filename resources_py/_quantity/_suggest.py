"""What may have been meant by a text that is not a quantity."""

import re
from typing import Final

from resources_py._errors import MAX_DESCRIPTION_BYTES, quoted
from resources_py._quantity._format import POWERS_OF_TEN, POWERS_OF_TWO

_MAX_CHARACTERS: Final = 64

_SIZES: Final = list(zip("kMGTPE", POWERS_OF_TWO, ("kilo", "mega", "giga", "tera", "peta", "exa"), strict=True))
# What people write as a suffix, in lower case and without a final dot or s, and what it may mean.
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    **{
        spelling: (ten, two)
        for ten, two, word in _SIZES
        for spelling in (ten.lower(), f"{ten.lower()}b", f"{ten.lower()}byte", word, f"{word}byte")
    },
    **{
        spelling: (two,)
        for _, two, word in _SIZES
        for spelling in (two.lower(), f"{two.lower()}b", f"{two.lower()}byte", f"{word[:2]}bi", f"{word[:2]}bibyte")
    },
    **dict.fromkeys(("b", "byte", "c", "core", "cpu", "vcpu", "gpu", "unit"), ("",)),
    **dict.fromkeys(("m", "mcpu", "mcore", "milli", "millicpu", "millicore"), ("m",)),  # not mega: m is a suffix
    **dict.fromkeys(("u", "micro"), ("u",)),
    **dict.fromkeys(("n", "nano"), ("n",)),
}


def suggest(text: str) -> tuple[str, ...]:
    """Return up to two quantities that `text` may have meant, the likeliest first.

    >>> suggest("123Mb"), suggest("1,5"), suggest("1.5 cores"), suggest("plenty")
    (('123M', '123Mi'), ('1.5',), ('1.5',), ())
    """
    if len(text) > _MAX_CHARACTERS:
        return ()
    match = re.fullmatch(r"([+-]?)\s*((?:[0-9.]|[,_' ](?=[0-9]))*)\s*(.*)", _in_ascii(text).strip("\"'`;,: \t\r\n"))
    if match is None:
        return ()
    sign, number, word = match.groups()
    if re.fullmatch(r"0([xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)", number + word):
        return (f"{sign}{int(number + word, 0)}",)
    numbers = _without_separators(number) if number else ("1",) if word else ()
    offers = (f"{sign}{digits}{suffix}" for digits in numbers for suffix in _suffixes(word))
    return tuple(offer for offer in offers if offer != text)[:2]


def _in_ascii(text: str) -> str:
    """Replace digits of other scripts, full-width letters, the minus sign and the micro sign with ASCII."""
    if text.isascii():
        return text
    import unicodedata

    characters = []
    for character in text:
        digit = unicodedata.decimal(character, None)
        if digit is not None:
            characters.append(str(digit))
        elif "\uff01" <= character <= "\uff5e":
            characters.append(chr(ord(character) - 0xFEE0))
        elif character.isspace():
            characters.append(" ")
        else:
            characters.append({"\u2212": "-", "\u00b5": "u", "\u03bc": "u"}.get(character, character))
    return "".join(characters)


def _without_separators(number: str) -> tuple[str, ...]:
    """Return the numbers that `number`, with separators between its digits, may mean."""
    if re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", number):
        return (number,)
    if re.fullmatch(r"[0-9]+(_[0-9]+)+", number):
        return (number.replace("_", ""),)
    if re.fullmatch(r"[1-9][0-9]{0,2},[0-9]{3}", number):  # a thousand, or a decimal comma
        return number.replace(",", ""), number.replace(",", ".")
    if re.fullmatch(r"[0-9]+,[0-9]+", number):
        return (number.replace(",", "."),)
    if re.fullmatch(r"[0-9]{1,3}([ ,_'])[0-9]{3}(\1[0-9]{3})*(\.[0-9]+)?", number):
        return (re.sub(r"[ ,_']", "", number),)
    if re.fullmatch(r"[0-9]{1,3}([ .'])[0-9]{3}(\1[0-9]{3})*,[0-9]+|[0-9]{1,3}(\.[0-9]{3}){2,}", number):
        return (re.sub(r"[ .']", "", number).replace(",", "."),)
    return ()


def _suffixes(word: str) -> tuple[str, ...]:
    if word in POWERS_OF_TEN or word in POWERS_OF_TWO or re.fullmatch(r"[eE][+-]?0*[0-9]{1,3}", word):
        return (word,)
    word = word.lower().rstrip(".")
    return _WORDS.get(word) or _WORDS.get(word.removesuffix("s")) or ()


def describe_refusal(reason: str, given: object) -> str:
    """Describe why a text is not a quantity, or why a value or (None) a result is out of range."""
    if not isinstance(given, str) or reason == "range":
        return f"{'the result' if given is None else quoted(given)} is out of range: {_RANGE_ADVICE}"
    offers = suggest(given)
    if not offers:
        return f"{quoted(given)} is not a quantity: {_ADVICE[reason]}"
    for question in (f"did you mean {' or '.join(offers)}?", f"did you mean {offers[0]}?"):
        description = f"{quoted(given)} is not a quantity: {question}"
        if len(description.encode()) <= MAX_DESCRIPTION_BYTES:
            return description
    return f"not a quantity: {question}"


_RANGE_ADVICE: Final = "a quantity has at most 256 characters, its exponent three digits"
_ADVICE: Final = {
    "format": "write a number and a suffix, such as 500m or 1Gi",
    "suffix": "the suffixes are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent such as e3",
    "numeric": "it has no digits",
}
