"""How well colours stand out from each other, for the tests that look at style sheets."""


def rgb(colour: str) -> tuple[float, ...]:
    """#fff or #ffffff -> red, green, blue in [0, 1]."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    return tuple(int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4))


def mixed(colour: str, other: str, share: float) -> str:
    """`share` of a colour and the rest of another, as color-mix in srgb does it."""
    parts = (share * a + (1 - share) * b for a, b in zip(rgb(colour), rgb(other), strict=True))
    return "#" + "".join(f"{round(255 * part):02x}" for part in parts)


def contrast(colour: str, other: str) -> float:
    """From 1 to 21. Source: WCAG 2.2, contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb(colour)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(colour), luminance(other)))
    return (high + 0.05) / (low + 0.05)
