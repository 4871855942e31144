"""The machine and versions that a run used."""

import importlib.util
import json
import shutil
import subprocess
from pathlib import Path

import numpy
import pytest
import torch

from seedtrial.models.fast import kernels
from seedtrial.runs import machine
from seedtrial.training.device import Engine


def test_a_machine_is_described_in_plain_values(engine: Engine) -> None:
    described = machine.describe(engine).plain()
    assert json.loads(json.dumps(described)) == described
    assert described["versions"]["torch"] == torch.__version__ and described["versions"]["numpy"] == numpy.__version__
    assert described["engine"] == {"device": "cpu", "precision": "fp32", "threads": torch.get_num_threads()}
    assert described["processor"] and described["cores"] >= 1
    assert described["kernels"] == kernels.LEVEL


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_commit_of_a_repository_that_only_surrounds_the_installation_is_not_ours(tmp_path: Path) -> None:
    project = tmp_path / "project"
    installed = project / ".venv" / "lib" / "machine.py"
    installed.parent.mkdir(parents=True)
    shutil.copy(machine.__file__, installed)
    (project / ".gitignore").write_text(".venv\n")
    git(tmp_path, "init", "--quiet", str(project))
    git(project, "add", ".gitignore")
    git(project, "commit", "--quiet", "-m", "somebody else's work")
    spec = importlib.util.spec_from_file_location("installed_machine", installed)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.commit() is None
