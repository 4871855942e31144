"""Draws faces: many pictures of one person, the owner, and a few of each of many others.

python docs/draw_faces.py FOLDER [SHEET.png]    # FOLDER/owner, FOLDER/other; the same pictures every time

A person has features; a picture of a person has a pose, a light, an expression and a background. Pictures of one person
begin with the same name before the "-", except those of the owner, so that groups can be kept in one part.
"""

import math
import random
import sys
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFilter

SIDE, FINE = 48, 3  # pixels of a picture's side, and how much finer it is drawn
OWNER, OTHERS, EACH = 400, 600, 4  # pictures of the owner, other people, pictures of each of them
SKINS = [(255, 219, 190), (241, 194, 152), (224, 172, 125), (190, 134, 88), (141, 92, 58), (98, 62, 42)]
HAIRS = [(32, 26, 22), (78, 50, 30), (125, 84, 46), (196, 156, 92), (150, 60, 30), (168, 166, 164)]
EYES = [(60, 40, 25), (45, 80, 110), (60, 95, 60), (30, 30, 30)]
Colour = tuple[int, int, int]


class Person(NamedTuple):
    """What stays the same in all pictures of a person. Lengths are shares of the picture's side."""

    skin: Colour
    hair: Colour
    eyes: Colour
    width: float
    height: float
    style: str
    apart: float
    eye: float
    brow: float
    nose: float
    mouth: float
    glasses: bool
    beard: bool


def a_person(draw: random.Random) -> Person:
    """Somebody.

    >>> a_person(random.Random(0)) == a_person(random.Random(0))
    True
    """
    skin = tuple(round(level * draw.uniform(0.94, 1.04)) for level in draw.choice(SKINS))
    return Person(
        skin=(min(255, skin[0]), min(255, skin[1]), min(255, skin[2])),
        hair=draw.choice(HAIRS),
        eyes=draw.choice(EYES),
        width=draw.uniform(0.24, 0.31),
        height=draw.uniform(0.32, 0.4),
        style=draw.choice(["short", "long", "bald", "fringe", "curls"]),
        apart=draw.uniform(0.09, 0.14),
        eye=draw.uniform(0.025, 0.042),
        brow=draw.uniform(-0.02, 0.02),
        nose=draw.uniform(0.06, 0.13),
        mouth=draw.uniform(0.07, 0.13),
        glasses=draw.random() < 0.3,
        beard=draw.random() < 0.25,
    )


def picture(person: Person, draw: random.Random) -> Image.Image:
    """A picture of a person, RGB of SIDE x SIDE pixels: another pose, light, expression and background each time."""
    side = SIDE * FINE
    background = tuple(draw.randint(60, 230) for _ in range(3))
    image = Image.new("RGB", (side, side), background)
    pen = ImageDraw.Draw(image)
    x, y = 0.5 + draw.uniform(-0.05, 0.05), 0.52 + draw.uniform(-0.04, 0.04)
    scale, look, smile = draw.uniform(0.9, 1.1), draw.uniform(-0.012, 0.012), draw.uniform(-0.02, 0.035)

    def at(dx: float, dy: float) -> tuple[float, float]:
        return side * (x + scale * dx), side * (y + scale * dy)

    def oval(dx: float, dy: float, wide: float, high: float, colour: Colour) -> None:
        pen.ellipse([*at(dx - wide, dy - high), *at(dx + wide, dy + high)], colour)

    def line(points: list[tuple[float, float]], thickness: float, colour: Colour) -> None:
        placed = [at(*point) for point in points]
        pen.line(placed, colour, width=max(1, round(side * scale * thickness)), joint="curve")

    hair, dark = person.hair, tuple(level // 2 for level in person.skin)
    shade = (dark[0], dark[1], dark[2])
    if person.style == "long":
        oval(0, 0.05, person.width + 0.06, person.height + 0.07, hair)
    elif person.style == "curls":
        for step in range(12):
            angle = math.pi * (1 + step / 11)
            oval(person.width * math.cos(angle), person.height * math.sin(angle) * 0.9, 0.09, 0.09, hair)
    elif person.style != "bald":
        oval(0, -0.07, person.width + 0.025, person.height - 0.01, hair)
    oval(0, 0, person.width, person.height, person.skin)
    if person.beard:
        oval(0, 0.2, person.width * 0.8, person.height - 0.2, hair)
    if person.style == "fringe":
        oval(0, -person.height + 0.07, person.width * 0.85, 0.1, hair)
    for sign in (-1, 1):
        eye = sign * person.apart
        oval(eye, -0.05, person.eye * 1.5, person.eye, (250, 250, 250))
        oval(eye + look, -0.05, person.eye * 0.8, person.eye * 0.85, person.eyes)
        line([(eye - 0.05, -0.12 + sign * person.brow), (eye + 0.05, -0.12 - sign * person.brow)], 0.018, hair)
    if person.glasses:
        for sign in (-1, 1):
            ring = [(sign * person.apart + 0.075 * math.cos(a / 8), -0.05 + 0.06 * math.sin(a / 8)) for a in range(52)]
            line(ring, 0.012, (25, 25, 30))
        line([(-person.apart + 0.075, -0.05), (person.apart - 0.075, -0.05)], 0.012, (25, 25, 30))
    line([(0, -0.02), (0.02 + look, person.nose), (-0.02, person.nose)], 0.012, shade)
    mouth = [(step / 4 * person.mouth, 0.2 + smile * (1 - (step / 4) ** 2)) for step in range(-4, 5)]
    line(mouth, 0.022, (150, 60, 60))
    turned = image.rotate(draw.uniform(-12, 12), Image.Resampling.BICUBIC, fillcolor=background)
    light = draw.uniform(0.75, 1.15)
    lit = turned.point([min(255, round(level * light)) for level in range(256)] * 3)
    soft = lit.filter(ImageFilter.GaussianBlur(FINE * draw.uniform(0.2, 0.6)))
    return soft.resize((SIDE, SIDE), Image.Resampling.BOX)


def draw_faces(folder: Path, *, owner: int = OWNER, others: int = OTHERS, each: int = EACH, seed: int = 0) -> None:
    """Write the pictures: `owner` of the owner, `each` of each of the others."""
    draw = random.Random(seed)
    people = iter(lambda: a_person(draw), None)
    me = next(one for one in people if one.style == "short" and not one.glasses and not one.beard)  # like many others
    for name in ("owner", "other"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number in range(owner):
        picture(me, draw).save(folder / "owner" / f"o{number:03}-0.png")
    for number in range(others):
        person = a_person(draw)
        for shot in range(each):
            picture(person, draw).save(folder / "other" / f"p{number:03}-{shot}.png")


def sheet(folder: Path, *, columns: int = 12) -> Image.Image:
    """Pictures that were drawn: a row of the owner, and two of others, of another person each."""
    owner = sorted((folder / "owner").glob("*.png"))[:columns]
    others = sorted((folder / "other").glob("*-0.png"))[: 2 * columns]
    image = Image.new("RGB", (columns * (SIDE + 2), 3 * (SIDE + 2)), "white")
    for number, path in enumerate([*owner, *others]):
        image.paste(Image.open(path), (number % columns * (SIDE + 2), number // columns * (SIDE + 2)))
    return image.resize((2 * image.width, 2 * image.height))


if __name__ == "__main__":
    draw_faces(Path(sys.argv[1]))
    if len(sys.argv) > 2:
        sheet(Path(sys.argv[1])).quantize(200).save(sys.argv[2], optimize=True)
