"""The image and the tools agree on what is in the box."""

import re
import tomllib
from typing import Final

from tests.architecture.tree import ROOT

DOCKERFILE: Final = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_the_image_runs_without_privileges():
    last_stage = DOCKERFILE.rsplit("\nFROM ", 1)[1]
    assert re.search(r"^USER (?!root)", last_stage, flags=re.MULTILINE)


def test_both_stages_have_the_same_python_of_a_version_that_we_support():
    bases = set(re.findall(r"^FROM (python:\S+)", DOCKERFILE, flags=re.MULTILINE))
    assert len(bases) == 1
    version = re.search(r"python:(\d+\.\d+)-", bases.pop())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert version
    assert f"Programming Language :: Python :: {version[1]}" in project["classifiers"]


def test_the_image_is_built_with_the_uv_that_the_makefile_fetches():
    pinned = re.search(r"pinned=(\S+)", (ROOT / ".ci" / "uv").read_text(encoding="utf-8"))
    assert pinned
    assert f"FROM ghcr.io/astral-sh/uv:{pinned[1]} AS uv" in DOCKERFILE


def test_the_build_context_holds_every_package_of_the_wheel():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    needed = [*packages, "pyproject.toml", "uv.lock", project["project"]["readme"], "LICENSE"]
    assert [name for name in needed if f"!{name}" not in ignored] == []


def test_the_extras_of_the_image_exist():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"--extra (\w+)", DOCKERFILE + compose))
    assert named <= set(project["optional-dependencies"])
    assert "postgres" in named
