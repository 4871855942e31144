"""The way of the data: a module imports from its own step or a lower one, and never in a circle."""

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import seedtrial

ROOT = Path(seedtrial.__file__).parent
STEPS = [
    "data",
    "models",
    "training",
    "evaluation",
    "runs",
    "claims",
    "study",
    "execution",
    "human",
    "studies",
    "report",
    "serving",
    "choosing",
    "cli",
    "entry",
    "__main__",
]
STEP = dict.fromkeys(
    ["errors", "fetch", "files", "locks", "memory", "notebook", "seeds", "setting_errors", "spec", "words"], -1
) | {name: step for step, name in enumerate(STEPS)}
STEP["sklearn"] = STEP["report"]
FILES = {".".join(("seedtrial", *p.relative_to(ROOT).with_suffix("").parts)): p for p in ROOT.rglob("*.py")}
MODULES = {name.removesuffix(".__init__"): path for name, path in FILES.items() if path != ROOT / "__init__.py"}


def imports(path: Path) -> set[str]:
    imported = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports relatively"
            whole = {f"{node.module}.{alias.name}" for alias in node.names}
            imported |= {name if name in MODULES else str(node.module) for name in whole}
    return {name for name in imported if name == "seedtrial" or name.startswith("seedtrial.")}


def test_a_module_imports_from_its_own_step_or_a_lower_one() -> None:
    for module, path in MODULES.items():
        own = STEP[module.split(".")[1]]
        for name in imports(path):
            # The package itself hands out names from as far up as the studies' step, so it is for those above.
            allowed = own > STEP["study"] if name == "seedtrial" else own >= STEP[name.split(".")[1]]
            assert allowed, f"{module} must not import {name}"


def test_no_module_imports_itself_by_a_detour() -> None:
    TopologicalSorter({module: imports(path) for module, path in MODULES.items()}).prepare()
