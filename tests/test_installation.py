"""The files that describe an installation agree with each other."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
WITHOUT_CONDA = {"pysqlite3-binary"}  # conda's own Python has a new SQLite
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _pairs(requirements):
    parsed = [Requirement(text) for text in requirements]
    return {(canonicalize_name(each.name), str(each.specifier)) for each in parsed}


def test_conda_environment_names_the_direct_dependencies():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    names = [entry for entry in environment["dependencies"] if isinstance(entry, str)]

    expected = _pairs(PROJECT["dependencies"]) | {("python", PROJECT["requires-python"])}

    needed = {(name, versions) for name, versions in expected if name not in WITHOUT_CONDA}
    assert _pairs(names) - {("pip", "")} == needed


def test_every_direct_dependency_is_pinned_within_its_range():
    pins = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if line
    )
    pinned = {canonicalize_name(name): version for name, version in pins.items()}

    for text in [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]:
        requirement = Requirement(text)
        assert pinned[canonicalize_name(requirement.name)] in requirement.specifier, text


def test_every_imported_package_is_a_direct_dependency():
    extras = PROJECT["optional-dependencies"]
    offered = [text for name, texts in extras.items() if name != "test" for text in texts]
    declared = {name for name, _ in _pairs([*PROJECT["dependencies"], *offered])}
    distributions = packages_distributions()

    for path in (ROOT / "lib").rglob("*.py"):
        for package in _imported(path) - sys.stdlib_module_names - {"apportion"}:
            names = {canonicalize_name(name) for name in distributions[package]}
            assert names & declared, f"{path.name} imports {package}, which is not declared"


def _imported(path):
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    sources = [node.module for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.partition(".")[0] for name in [*plain, *sources]}


def test_constraints_name_versions_and_no_address():
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line), line
