"""The wheel holds everything it needs: built, installed far away, used from there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from tests.serving import LISTENING, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PINNED = re.compile(r"^[A-Za-z0-9_.-]+==[^\s\\]+(?: ; [^\\]+)?", re.MULTILINE)


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", out)
    run(sys.executable, *build, cwd=ROOT)
    (found,) = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment, far from the checkout, with nothing but the wheel and what it names."""
    home = tmp_path_factory.mktemp("elsewhere")
    venv.create(home / "env", with_pip=True)
    versions = home / "versions.txt"
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    versions.write_text("\n".join(PINNED.findall(lock)), encoding="utf-8")
    pip = (home / "env/bin/pip", "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "-c", versions, wheel, cwd=home)
    return home


def test_the_wheel_holds_the_data_and_no_tests(wheel: Path) -> None:
    names = set(ZipFile(wheel).namelist())
    assert {"spec/_bundle.json", "spec/lifecycle.yaml", "spec/script.schema.json"} <= names
    assert {"spec/report.schema.json", "conformance/probe/graph.py"} <= names
    assert any(name.startswith("spec/requirements/runs") for name in names)
    assert any(name.startswith("conformance/baselines/") for name in names)
    assert any(name.endswith("swagger-ui-bundle.js") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/"))]


@pytest.fixture
def mock(elsewhere: Path) -> Iterator[str]:
    command = [str(elsewhere / "env/bin/runcontract"), "mock", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=elsewhere) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(LISTENING)
        yield line.removeprefix(LISTENING).strip()
        process.terminate()


def test_mock_and_check_run_from_there(elsewhere: Path, mock: str) -> None:
    report = elsewhere / "report.json"
    command = elsewhere / "env/bin/runcontract"
    run(command, "check", mock, "--quick", "--no-fuzz", "--json", report, cwd=elsewhere)
    verdict = json.loads(report.read_bytes())
    assert verdict["verdict"] == "conformant"
    assert verdict["summary"]["pass"] > 20


def test_probe_is_written_from_there(elsewhere: Path) -> None:
    run(elsewhere / "env/bin/runcontract", "probe", elsewhere / "probe", cwd=elsewhere)
    graphs = json.loads((elsewhere / "probe/langgraph.json").read_bytes())["graphs"]
    assert set(graphs) == {"probe", "agent"}
