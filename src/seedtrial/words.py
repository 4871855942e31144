"""Numbers as people write them: durations, and counts with their noun; text that can be shown."""


def duration(seconds: float) -> str:
    """A duration in seconds, minutes or hours.

    >>> duration(12.3), duration(200), duration(7500)
    ('12 s', '3 min 20 s', '2 h 5 min')
    """
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural unless there is exactly one.

    >>> counted(1, "run"), counted(2, "run"), counted(1500, "image")
    ('1 run', '2 runs', '1,500 images')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """Text with a mark for letters that cannot be shown, or that turn the direction of what follows.

    >>> printable("ki\\u202ewi")
    'ki\ufffdwi'
    """
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
