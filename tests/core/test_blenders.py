"""Finding a Blender, starting this package in it, and what boot.py makes of how the work inside ends."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from infinite_parallax.cli import blenders
from infinite_parallax.cli.blenders import Blender, choose_blender, command, find_blenders
from infinite_parallax.shared.errors import ParallaxError, UsageError

ROOT = Path(__file__).resolve().parents[2]
SHELL = shutil.which("sh")


def program(folder: Path, name: str, says: str) -> Path:
    """A real executable that prints `says`, whatever it is asked."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!{SHELL}\ncat <<'END'\n{says}\nEND\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def python_with_bpy(folder: Path, version: str) -> Path:
    """An environment whose Python says that it holds the module bpy of `version`."""
    return program(folder / "bin", "python", f'["cpython", [3, 11, 9], "{folder}", false, "{version}"]')


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any Blender: its PATH (with `cat`), pyenv, data and environments lie in the folder returned."""
    (tmp_path / "bin").mkdir()
    cat = shutil.which("cat")
    assert cat is not None
    (tmp_path / "bin" / "cat").symlink_to(cat)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(blenders, "environments_folder", lambda: tmp_path / "envs")
    return tmp_path


def test_none_is_refused_with_the_way_out(machine: Path) -> None:
    assert machine.is_dir()
    assert find_blenders() == []
    with pytest.raises(ParallaxError, match=r"No Blender 4\.2") as refused:
        choose_blender()
    assert "infinite-parallax install-blender" in refused.value.hint


def test_the_program_on_the_path_comes_first_then_modules_newest_first(machine: Path) -> None:
    binary = program(machine / "bin", "blender", "Blender 4.3.2\n\tbuild date: 2025-01-01")
    old = python_with_bpy(machine / "envs" / "blender-4.5", "4.5.15")
    new = python_with_bpy(machine / "data" / "infinite-parallax" / "blender-5.0", "5.0.1")
    twin = python_with_bpy(machine / "envs" / "blender-5.0", "5.0.1")
    pyenv = python_with_bpy(machine / "pyenv" / "versions" / "3.13.0", "5.2.3")
    python_with_bpy(machine / "envs" / "blender-3.6", "3.6.0")
    python_with_bpy(machine / "envs" / "blender-4.2", "")
    assert find_blenders() == [
        Blender("binary", binary, (4, 3, 2)),
        Blender("module", pyenv, (5, 2, 3)),
        Blender("module", twin, (5, 0, 1)),
        Blender("module", new, (5, 0, 1)),
        Blender("module", old, (4, 5, 15)),
    ]


@pytest.mark.parametrize("says", ["Blender 4.1.1", "Blender 3.6.0 LTS", "some other program 9.9", ""])
def test_what_is_too_old_or_no_blender_is_passed_over(machine: Path, says: str) -> None:
    program(machine / "bin", "blender", says)
    assert find_blenders() == []


def test_a_blender_that_does_not_answer_is_passed_over(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = machine / "bin" / "blender"
    path.write_text(f"#!{SHELL}\nexec tail -f /dev/null\n", encoding="utf-8")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{machine / 'bin'}:{os.defpath}")
    monkeypatch.setattr(blenders, "VERSION_TIMEOUT_S", 0.2)
    assert blenders.find_binary() is None


def test_an_explicit_one_is_used_alone(machine: Path) -> None:
    program(machine / "bin", "blender", "Blender 5.2.2 LTS")
    other = program(machine / "opt", "blender", "Blender 4.2.0")
    module = python_with_bpy(machine / "mine", "4.5.15")
    assert find_blenders(str(other)) == [Blender("binary", other, (4, 2, 0))]
    assert find_blenders(str(module)) == [Blender("module", module, (4, 5, 15))]
    assert find_blenders(str(machine / "mine")) == [Blender("module", module, (4, 5, 15))]
    assert find_blenders("blender")[0].version == (5, 2, 2)


@pytest.mark.parametrize(
    ("says", "reason"), [("Blender 4.1.1", "too old"), ("Python 3.11.2", "is not a Blender"), (None, "There is no")]
)
def test_an_explicit_one_that_cannot_be_used_is_refused(machine: Path, says: str | None, reason: str) -> None:
    path = machine / "opt" / "blender"
    if says is not None:
        program(machine / "opt", "blender", says)
    with pytest.raises(UsageError, match=reason) as refused:
        find_blenders(str(path))
    assert refused.value.hint


def test_commands() -> None:
    boot = str(ROOT / "blender_addon" / "boot.py")
    module = Blender("module", Path("/envs/bin/python"), (5, 0, 1))
    assert command(module, ["render", "x.json"]) == ["/envs/bin/python", boot, "render", "x.json"]
    binary = Blender("binary", Path("/usr/bin/blender"), (4, 3, 2))
    flags = ["-b", "--factory-startup", "--python-exit-code", "1", "--python", boot, "--"]
    assert command(binary, ["render", "-o", "x"]) == ["/usr/bin/blender", *flags, "render", "-o", "x"]
    assert binary.label == "Blender 4.3.2 (binary, /usr/bin/blender)"


HEADLESS = """
import os, sys
from ..shared.errors import ParallaxError, UsageError

def main(argv):
    print('arguments', argv)
    print('profile', os.environ.get('BLENDER_USER_RESOURCES'))
    what = argv[0] if argv else 'nothing'
    if what == 'refuse':
        raise ParallaxError('The sky has no rows.', 'Give it some.')
    if what == 'usage':
        raise UsageError('There is no such flag.', 'See --help.')
    if what == 'defect':
        raise ZeroDivisionError('by nought')
    if what == 'leave':
        sys.exit('left early')
    return int(what) if what.isdigit() else 0
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The real boot.py in a checkout of another name, with a headless entry that ends as it is told."""
    folder = tmp_path / "another name"
    for name in ("__init__.py", "shared/__init__.py", "shared/errors.py", "blender_addon/boot.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / "blender_addon" / "__init__.py").write_text("", encoding="utf-8")
    (folder / "blender_addon" / "headless.py").write_text(HEADLESS, encoding="utf-8")
    return folder


def boot(checkout: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "BLENDER_USER_RESOURCES"} | variables
    script = str(checkout / "blender_addon" / "boot.py")
    return subprocess.run(
        [sys.executable, script, *arguments], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(("argument", "code"), [("0", 0), ("1", 1), ("2", 2), ("7", 7)])
def test_boot_gives_the_exit_code_of_the_work(checkout: Path, argument: str, code: int) -> None:
    done = boot(checkout, argument, "-o", "a file.mp4")
    assert done.returncode == code
    assert f"arguments {[argument, '-o', 'a file.mp4']}" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("argument", "code", "says"),
    [
        ("refuse", 1, "The sky has no rows.\nGive it some.\n"),
        ("usage", 2, "There is no such flag.\nSee --help.\n"),
        ("leave", 1, "left early\n"),
    ],
)
def test_boot_says_a_refusal_without_a_traceback(checkout: Path, argument: str, code: int, says: str) -> None:
    done = boot(checkout, argument)
    assert (done.returncode, done.stderr) == (code, says)


def test_boot_shows_the_traceback_of_a_defect(checkout: Path) -> None:
    done = boot(checkout, "defect")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "ZeroDivisionError: by nought" in done.stderr


def test_boot_keeps_away_from_the_persons_own_profile(checkout: Path, tmp_path: Path) -> None:
    profile = boot(checkout).stdout.split("profile ")[1].strip()
    assert "infinite-parallax-profile-" in profile
    assert not Path(profile).exists(), "a temporary profile is removed at the end"
    given = tmp_path / "given"
    given.mkdir()
    assert f"profile {given}" in boot(checkout, BLENDER_USER_RESOURCES=str(given)).stdout
    assert given.is_dir(), "a profile that was given is kept"


def test_boot_reads_a_programs_arguments_after_the_dashes(checkout: Path) -> None:
    """As in the Blender program: bpy is there from the start, and sys.argv is Blender's own command line."""
    script = checkout / "blender_addon" / "boot.py"
    inside = (
        "import runpy, sys, types; sys.modules['bpy'] = types.ModuleType('bpy');"
        f"sys.argv = ['blender', '-b', '--python', {str(script)!r}, '--', '5', 'x'];"
        f"runpy.run_path({str(script)!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", inside], capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert "arguments ['5', 'x']" in done.stdout
