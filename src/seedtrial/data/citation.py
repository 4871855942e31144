"""How a work is cited: authors, title and where it appeared, as text and as BibTeX."""

from collections.abc import Mapping
from dataclasses import dataclass, field

TEX = {letter: f"\\{letter}" for letter in "&%$#_{}"} | {
    "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip


@dataclass(frozen=True)
class Citation:
    """A work to cite.

    key, kind: of its BibTeX entry, such as "xiao2017" and "misc"
    authors:   family and given name, or the name of a group as it is, with an empty given name
    fields:    further BibTeX fields, such as journal, volume, pages, doi

    >>> work = Citation("ada1843", "misc", (("Lovelace", "Ada"),), "Notes", 1843, {"volume": "3"})
    >>> work.text
    'Lovelace, A. (1843). Notes. 3.'
    >>> print(work.bibtex)
    @misc{ada1843,
      author = {Lovelace, Ada},
      title = {{Notes}},
      year = {1843},
      volume = {3},
    }
    """

    key: str
    kind: str
    authors: tuple[tuple[str, str], ...]
    title: str
    year: int
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The work in one line: authors, year, title, where it appeared, address."""
        names = ", ".join(f"{family}, {_initials(given)}" if given else family for family, given in self.authors)
        where = [value for name, value in self.fields.items() if name not in ("volume", "number", "pages", "doi")]
        volume = self.fields.get("volume", "")
        number = f"({self.fields['number']})" if "number" in self.fields else ""
        pages = self.fields.get("pages", "").replace("--", "-")
        where += [", ".join(each for each in (volume + number, pages) if each)]
        where += [f"https://doi.org/{self.fields['doi']}"] if "doi" in self.fields else []
        text = " ".join(f"{each}." for each in (f"{names} ({self.year})", self.title, *where) if each)
        return text.removesuffix(".") if "doi" in self.fields else text  # a full stop would become part of the address

    @property
    def bibtex(self) -> str:
        """The work as a BibTeX entry."""
        names = " and ".join(f"{family}, {given}" if given else f"{{{family}}}" for family, given in self.authors)
        fields = {"author": names, "title": f"{{{tex(self.title)}}}", "year": str(self.year)} | {
            name: value if name in ("doi", "url") else tex(value) for name, value in self.fields.items()
        }
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items()]
        return "\n".join([f"@{self.kind}{{{self.key},", *lines, "}"])


def _initials(given: str) -> str:
    return " ".join(f"{name[0]}." for name in given.split())


def tex(text: str) -> str:
    """Text that LaTeX shows as it is.

    >>> tex("50 % of a_b")
    '50 \\\\% of a\\\\_b'
    """
    return "".join(TEX.get(letter, letter) for letter in text)


FASHION_MNIST = Citation(
    "xiao2017fashion",
    "misc",
    (("Xiao", "Han"), ("Rasul", "Kashif"), ("Vollgraf", "Roland")),
    "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
    2017,
    {"note": "arXiv:1708.07747", "doi": "10.48550/arXiv.1708.07747"},
)
MNIST = Citation(
    "lecun1998gradient",
    "article",
    (("LeCun", "Yann"), ("Bottou", "Léon"), ("Bengio", "Yoshua"), ("Haffner", "Patrick")),
    "Gradient-based learning applied to document recognition",
    1998,
    {
        "journal": "Proceedings of the IEEE",
        "volume": "86",
        "number": "11",
        "pages": "2278--2324",
        "doi": "10.1109/5.726791",
    },
)
DIGITS = Citation(
    "alpaydin1998optical",
    "misc",
    (("Alpaydin", "Ethem"), ("Kaynak", "Cenk")),
    "Optical recognition of handwritten digits",
    1998,
    {"howpublished": "UCI Machine Learning Repository", "doi": "10.24432/C50P49"},
)
CIFAR = Citation(
    "krizhevsky2009learning",
    "techreport",
    (("Krizhevsky", "Alex"),),
    "Learning multiple layers of features from tiny images",
    2009,
    {"institution": "University of Toronto"},
)
