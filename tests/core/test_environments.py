"""The environments: requirement files that agree, stamps that tell a finished installation from an interrupted one."""

import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import pip
import pytest
from infinite_parallax.cli import bootstrap, environments, virtual_environment
from infinite_parallax.cli.pythons import Python, ask, find_pythons, python_for
from infinite_parallax.cli.virtual_environment import Group
from infinite_parallax.shared.errors import ParallaxError, UsageError
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REQUIREMENTS = ROOT / "requirements"


def pins(name: str) -> dict[str, Version]:
    lines = [line.strip() for line in (REQUIREMENTS / name).read_text(encoding="utf-8").splitlines()]
    split = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(package): Version(version) for package, version in split}


@pytest.mark.parametrize(
    ("file", "extra"),
    [
        ("constraints.txt", None),
        ("constraints.txt", "dev"),
        ("constraints.txt", "farm"),
        ("constraints.txt", "farm-dev"),
        ("constraints-bench.txt", "bench"),
        ("constraints-bench.txt", "farm"),
        ("constraints-diffusion.txt", "diffusion"),
        ("constraints-diffusion.txt", "dev"),
    ],
)
def test_constraints_pin_what_the_project_asks_for(file: str, extra: str | None) -> None:
    asked = list(PROJECT["project"]["dependencies"])
    asked += PROJECT["project"]["optional-dependencies"][extra] if extra else []
    pinned = pins(file)
    for requirement in map(Requirement, [*asked, *PROJECT["build-system"]["requires"]]):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, f"{file} does not pin {requirement.name}"
        assert requirement.specifier.contains(version), f"{file}: {requirement.name} {version} is not {requirement}"


def test_server_pythons_are_those_the_project_allows() -> None:
    allowed = SpecifierSet(PROJECT["project"]["requires-python"])
    assert all(allowed.contains(".".join(map(str, version))) for version in environments.SERVER_PYTHONS)


@pytest.mark.parametrize(
    ("version", "numpy"), [("4.2", ">=1.26"), ("4.5", ">=1.26,<2"), ("5.0", ">=1.26,<2"), ("5.2", ">=2.2,<3")]
)
def test_blender_requirements_hold_that_blender_and_its_numpy(version: str, numpy: str) -> None:
    pinned = pins(f"blender-{version}.txt")
    assert f"{pinned['bpy'].major}.{pinned['bpy'].minor}" == version
    assert SpecifierSet(numpy).contains(pinned["numpy"])
    assert {"requests", "zstandard", "cython"} <= pinned.keys()
    assert ("cattrs" in pinned) == (version == "5.2")
    assert version in environments.BLENDER_PYTHONS


def test_every_requirement_file_is_used_and_pinned() -> None:
    used = {
        "bootstrap.txt",
        "blender-test.txt",
        "constraints.txt",
        "constraints-bench.txt",
        "constraints-diffusion.txt",
    }
    used |= {f"blender-{version}.txt" for version in environments.BLENDER_PYTHONS}
    assert {path.name for path in REQUIREMENTS.iterdir()} == used
    for path in REQUIREMENTS.iterdir():
        for line in path.read_text(encoding="utf-8").splitlines():
            assert line.startswith("#") or re.fullmatch(r"[\w.-]+==[\w.]+", line), f"{path.name}: {line}"


def test_a_plain_installation_has_every_package_and_the_requirement_files() -> None:
    """Packages are listed by hand, because the root itself is one; a forgotten one is missing only when installed."""
    rooms = [ROOT / name for name in ("blender_addon", "cli", "inpaint_server", "shared")]
    ours = {path.parent.relative_to(ROOT) for room in rooms for path in room.rglob("__init__.py")}
    listed = set(PROJECT["tool"]["setuptools"]["packages"])
    assert {".".join(("infinite_parallax", *folder.parts)) for folder in ours} <= listed
    assert PROJECT["tool"]["setuptools"]["package-data"]["infinite_parallax"] == [
        "requirements/*.txt",
        "blender_addon/presets/infinite_parallax/*.py",
    ]


def test_newer_blenders_come_first() -> None:
    order = [tuple(map(int, version.split("."))) for version in environments.BLENDER_PYTHONS]
    assert order == sorted(order, reverse=True)


def test_running_python_is_found_with_its_version() -> None:
    answer = ask(Path(sys.executable))
    assert answer is not None
    assert answer.version == sys.version_info[:3]
    assert answer.is_base == (sys.prefix == sys.base_prefix)
    assert answer.prefix in {python.prefix for python in find_pythons()}


def test_what_is_no_python_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "python3.11"
    script.write_text("#!/bin/sh\necho pyenv: python3.11: command not found >&2\nexit 127\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask(script) is None
    assert script not in {python.executable for python in find_pythons()}


def test_an_installation_is_preferred_to_a_virtual_environment() -> None:
    made = Python(Path("/v/bin/python"), (3, 11, 9), "/v", is_base=False)
    base = Python(Path("/usr/bin/python3.11"), (3, 11, 2), "/usr", is_base=True)
    other = Python(Path("/usr/bin/python3.12"), (3, 12, 2), "/usr", is_base=True)
    assert python_for((3, 11), [made, other, base]) == base
    assert python_for((3, 11), [other, made]) == made
    assert python_for((3, 13), [made, base, other]) is None


@pytest.fixture
def local_package(tmp_path: Path) -> Group:
    """A group that pip can install without a network: a one-file wheel, built by hand."""
    wheel = tmp_path / "striped-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as file:
        file.writestr("striped.py", "COLOUR = 'blue'\n")
        file.writestr("striped-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: striped\nVersion: 1.0\n")
        file.writestr("striped-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr("striped-1.0.dist-info/RECORD", "")
    listed = tmp_path / "striped.txt"
    listed.write_text("striped==1.0\n", encoding="utf-8")
    return Group("striped", ("--no-index", "--find-links", str(tmp_path), "-r", str(listed)), (listed,))


@pytest.fixture
def makes(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Environments borrow the running Python's pip here, which needs no download; returns the list of those made."""
    made: list[Path] = []

    def make(folder: Path, python: Python) -> dict[str, str]:
        made.append(folder)
        venv.create(folder, clear=True, with_pip=False)
        packages = folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        (packages / "borrowed.pth").write_text(f"{Path(pip.__file__).parents[1]}\n", encoding="utf-8")
        dotted = ".".join(map(str, python.version))
        return {"python": dotted, "folder": str(folder), "checkout": str(ROOT)}

    monkeypatch.setattr(virtual_environment, "_make", make)
    return made


def running_python() -> Python:
    answer = ask(Path(sys.executable))
    assert answer is not None
    return answer


def test_installation_is_done_once_and_redone_when_interrupted(
    tmp_path: Path, local_package: Group, makes: list[Path]
) -> None:
    folder = tmp_path / "envs" / "one"
    python = virtual_environment.install(folder, running_python, [local_package])
    subprocess.run([str(python), "-c", "import striped"], check=True)
    assert virtual_environment.is_ready(folder, [local_package])

    def no_python() -> Python:
        raise AssertionError("a finished environment must not be made again")

    virtual_environment.install(folder, no_python, [local_package])
    assert makes == [folder]

    local_package.files[0].write_text("# the same package, another list\nstriped==1.0\n", encoding="utf-8")
    assert not virtual_environment.is_ready(folder, [local_package])
    virtual_environment.install(folder, no_python, [local_package])  # updated in place
    assert makes == [folder]

    broken = Group("broken", ("--no-index", "no-such-package-anywhere"), ())
    with pytest.raises(ParallaxError, match="pip could not install"):
        virtual_environment.install(folder, no_python, [local_package, broken])
    assert not virtual_environment.is_ready(folder, [local_package])
    virtual_environment.install(folder, running_python, [local_package])  # from the beginning
    assert makes == [folder, folder]


def test_a_failed_check_leaves_no_stamp(tmp_path: Path, local_package: Group, makes: list[Path]) -> None:
    def refuse(python: Path) -> None:
        raise ParallaxError(f"{python} does not start.")

    with pytest.raises(ParallaxError, match="does not start"):
        virtual_environment.install(tmp_path / "one", running_python, [local_package], refuse)
    assert makes == [tmp_path / "one"]
    assert not virtual_environment.is_ready(tmp_path / "one", [local_package])


def test_a_moved_environment_is_not_ready(tmp_path: Path, local_package: Group, makes: list[Path]) -> None:
    virtual_environment.install(tmp_path / "one", running_python, [local_package])
    (tmp_path / "one").rename(tmp_path / "two")
    assert makes == [tmp_path / "one"]
    assert not virtual_environment.is_ready(tmp_path / "two", [local_package])


def test_pip_is_never_told_where_to_download_from() -> None:
    groups = [*environments.server_groups(True), *environments.bench_groups()]
    groups += [
        group for version in environments.BLENDER_PYTHONS for group in environments.blender_groups(version, True)
    ]
    words = {word for group in groups for word in group.arguments}
    assert not words & {"-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host"}


def test_an_unknown_blender_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no Blender module 3\.6") as refused:
        environments.install_blender("3.6")
    assert "4.2" in refused.value.hint


def test_a_blender_without_its_python_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments, "find_pythons", list)
    reason = environments.why_not("5.2")
    assert reason is not None
    assert "3.13" in reason
    monkeypatch.setattr(environments, "environments_folder", lambda: Path("/nonexistent"))
    with pytest.raises(ParallaxError, match=r"3\.13 or 3\.11") as refused:
        environments.newest_blender()
    assert "3.11" in refused.value.hint


@pytest.mark.parametrize("target", ["help", "demo", "test", "test-matrix", "bench", "extension", "clean"])
def test_every_make_target_can_be_read(target: str) -> None:
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip()


def test_make_alone_lists_the_targets() -> None:
    done = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = {line.split()[1] for line in done.stdout.splitlines()}
    assert listed == {"help", "demo", "diffusion", "test", "test-matrix", "bench", "extension", "screenshots", "clean"}


def test_the_bootstrap_needs_nothing_but_the_standard_library() -> None:
    """Run without site-packages, it can import all that it may call."""
    names = "blenders, environments, pythons, system_libraries, virtual_environment"
    program = (
        "import sys; sys.path.insert(0, 'cli'); import bootstrap; bootstrap.register_checkout();"
        f"from infinite_parallax.cli import {names}"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", program], cwd=ROOT, check=True)


def test_the_bootstrap_says_what_it_can_do() -> None:
    script = str(ROOT / "cli" / "bootstrap.py")
    done = subprocess.run([sys.executable, "-I", "-S", script, "nothing"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "test-matrix" in done.stderr


def test_a_blender_on_the_path_that_cannot_be_used_is_refused_before_anything_is_installed(tmp_path: Path) -> None:
    blender = tmp_path / "blender"
    blender.write_text("#!/bin/sh\ncase $1 in --version) echo Blender 5.0.0;; *) exit 1;; esac\n", encoding="utf-8")
    blender.chmod(0o755)
    variables = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, str(ROOT / "cli" / "bootstrap.py"), "demo"]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The Blender on the PATH cannot be used" in done.stderr
    assert "off the PATH" in done.stderr
    assert "environment with" not in done.stdout


def test_the_matrix_says_what_it_could_not_run_and_fails_with_what_failed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reasons = {"5.2": "it needs Python 3.13"}
    broken: set[str] = set()

    def run_tests(version: str, python: Path) -> None:
        assert python == Path(version)
        if version in broken:
            raise ParallaxError("This step failed.")

    monkeypatch.setattr(environments, "why_not", reasons.get)
    monkeypatch.setattr(environments, "install_server", lambda **_: Path())
    monkeypatch.setattr(environments, "install_blender", lambda version, tests: Path(version) if tests else Path())
    monkeypatch.setattr(bootstrap, "test_in_blender", run_tests)
    bootstrap.test_matrix()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "== Blender 5.2: not run: it needs Python 3.13"
    assert [line.split(" in ")[0] for line in lines[1:]] == [f"== Blender {v}: passed" for v in ("5.0", "4.5", "4.2")]

    broken.add("4.5")
    with pytest.raises(ParallaxError, match="failed on some Blender"):
        bootstrap.test_matrix()
    assert "== Blender 4.5: FAILED: This step failed." in capsys.readouterr().out

    reasons.update(dict.fromkeys(environments.BLENDER_PYTHONS, "no Python"))
    with pytest.raises(ParallaxError, match="No Blender ran"):
        bootstrap.test_matrix()
