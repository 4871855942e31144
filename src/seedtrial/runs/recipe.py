"""A recipe: data, model and training joined. Its digest names what was chosen."""

from seedtrial.data.dataset import DataSpec
from seedtrial.data.folds import Fold
from seedtrial.data.reader import Facts
from seedtrial.models import AnyModel
from seedtrial.spec import Spec, digest
from seedtrial.training.prepare import problem
from seedtrial.training.spec import TrainSpec


class Recipe(Spec):
    """All that was chosen about a run except its seed.

    >>> from seedtrial.models import Dense
    >>> Recipe(model=Dense()).training.epochs
    10
    """

    data: DataSpec = DataSpec()
    model: AnyModel
    training: TrainSpec = TrainSpec()

    def digest(self, facts: Facts) -> str:
        """SHA-256 of the recipe with the data's fingerprint and class names in place of its location.

        The same images in another folder make the same recipe; changed images or names make another one. A fold is
        no part of it, as a seed is none.
        """
        chosen = self.canonical()
        chosen["model"] = self.model.identity()
        del chosen["data"]["source"]
        chosen["data"].pop("fold", None)
        chosen["data"] |= {"fingerprint": facts.fingerprint, "classes": list(facts.classes)}
        return digest(chosen)

    def in_fold(self, fold: Fold | None) -> "Recipe":
        """The same with a fold as the test part; None: the data's own test part."""
        return self if fold == self.data.fold else self.model_copy(update={"data": self.data.in_fold(fold)})

    def problem(self) -> str | None:
        """What makes the parts not fit together, if anything."""
        if self.training.stopping is not None and self.data.validation is None:
            return "training.stopping judges by validation images, but data.validation is null."
        return problem(self.model, self.training, standardised=self.data.scaling == "standard")
