"""What the Makefile runs, from a bare checkout: `python3 cli/bootstrap.py demo`.

It registers the checkout as the package `infinite_parallax` and then uses the command line's own modules for
environments and Blenders, which need nothing but the standard library; so there is one way to make an environment,
and the Makefile stays a table of contents. A shell script was the other road, and would have needed all of this again
for `infinite-parallax install-blender`.
"""

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
ELSEWHERE = "tests/blender", "tests/neural"
"""Tests that run in environments of their own."""

# Blender's module may crash or hang when Python tears it down with handlers still registered (4.2 and 4.5).
PYTEST_IN_BLENDER = """
import os, sys, pytest
code = pytest.main(sys.argv[1:])
sys.stdout.flush()
sys.stderr.flush()
os._exit(code)
"""


def register_checkout() -> None:
    """Make the checkout importable as `infinite_parallax`, whatever its folder is called."""
    spec = importlib.util.spec_from_file_location(
        "infinite_parallax", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["infinite_parallax"] = module
    spec.loader.exec_module(module)


def prepare_demo() -> None:
    """The server's environment and a Blender: the person's own where `blender` is on the PATH, else the module."""
    from infinite_parallax.cli import blenders, doctor, environments
    from infinite_parallax.shared.errors import ParallaxError

    own = blenders.find_binary()
    if own is None:
        environments.install_blender()
    else:
        print(f"== using {own.label}", flush=True)
        check = doctor.try_blender(own, needed=True)
        if not check.ok:
            hint = f"{check.next_command}\nOr take it off the PATH, and Blender's module is installed instead."
            raise ParallaxError(f"The Blender on the PATH cannot be used: {check.detail}.", hint)
    environments.install_server()


def prepare_bench() -> None:
    """The environment of the benchmarks and the newest Blender module."""
    from infinite_parallax.cli import environments

    environments.install_blender()
    environments.install_bench()


def prepare_diffusion() -> None:
    """The server's environment with what the engines with models need."""
    from infinite_parallax.cli import environments

    print(f"== ready: {environments.install_diffusion().parent / 'infinite-parallax'} serve", flush=True)


def test() -> None:
    """Format, lint, types, the tests of the server's side and of models, then those in the newest Blender allowed."""
    from infinite_parallax.cli import environments

    version = environments.newest_blender()
    blender = environments.install_blender(version, tests=True)
    server = environments.install_server(tests=True)
    check(server)
    run("tests of the server's side", [server, "-m", "pytest", "tests", *(f"--ignore={path}" for path in ELSEWHERE)])
    test_diffusion()
    test_in_blender(version, blender)


def test_diffusion() -> None:
    """The tests of the engines with models, in an environment with torch; DIFFUSION=no leaves them out."""
    from infinite_parallax.cli import environments

    if os.environ.get("DIFFUSION", "").lower() == "no":
        print("== tests of the engines with models: left out, because DIFFUSION=no", flush=True)
        return
    python = environments.install_diffusion(tests=True)
    run("tests of the engines with models", [python, "-m", "pytest", "tests/neural"])


def test_matrix() -> None:
    """The Blender tests on every module that this machine's Pythons allow; says which it could not run, and why."""
    from infinite_parallax.cli import environments
    from infinite_parallax.shared.errors import ParallaxError

    environments.install_server(tests=True)  # the tests in Blender talk to a real server
    results = {}
    for version in environments.BLENDER_PYTHONS:
        reason = environments.why_not(version)
        if reason is not None:
            results[version] = f"not run: {reason}"
            continue
        begun = time.monotonic()
        try:
            test_in_blender(version, environments.install_blender(version, tests=True))
            results[version] = f"passed in {time.monotonic() - begun:.0f} s"
        except ParallaxError as error:
            results[version] = f"FAILED: {error}"
    print("\n".join(f"== Blender {version}: {result}" for version, result in results.items()), flush=True)
    if not any(result.startswith("passed") for result in results.values()):
        raise ParallaxError("No Blender ran the tests.", "The lines above say why.")
    if any(result.startswith("FAILED") for result in results.values()):
        raise ParallaxError("The tests failed on some Blender.", "The lines above say on which.")


def check(python: Path) -> None:
    """Format, lint and types. mypy sees the checkout through a link that bears the package's name.

    The checkout's folder may be called anything, and mypy takes a package's name from the folder; it does not follow
    the finder of an editable installation either. `--follow-imports=silent` keeps the rooms that are not named, and
    the bpy they import, out of the report.
    """
    from infinite_parallax.cli.environments import environments_folder

    # ruff leaves out what git ignores only where there is a git repository, and a downloaded archive is none.
    ours = ["--config", f"extend-exclude = ['{environments_folder().name}']", "."]
    run("format", [python, "-m", "ruff", "format", "--check", *ours])
    run("lint", [python, "-m", "ruff", "check", *ours])
    links = ROOT / "build" / "mypy"
    links.mkdir(parents=True, exist_ok=True)
    link = links / "infinite_parallax"
    if link.is_symlink():
        link.unlink()
    link.symlink_to(ROOT, target_is_directory=True)
    rooms = [argument for room in ("shared", "inpaint_server") for argument in ("-p", f"infinite_parallax.{room}")]
    settings = ["--strict", "--follow-imports=silent", "--config-file", ROOT / "pyproject.toml"]
    cache = ["--cache-dir", ROOT / ".mypy_cache"]
    run("types", [python, "-m", "mypy", *settings, *cache, *rooms], folder=links)


def test_in_blender(version: str, python: Path) -> None:
    """Run tests/blender in the Blender module of `python`, away from the person's own Blender settings."""
    profile = tempfile.mkdtemp(prefix="infinite-parallax-profile-")
    try:
        run(
            f"tests in Blender {version}",
            [python, "-c", PYTEST_IN_BLENDER, "tests/blender"],
            environment={"BLENDER_USER_RESOURCES": profile},
        )
    finally:
        shutil.rmtree(profile, ignore_errors=True)


def run(title: str, command: list[object], folder: Path = ROOT, environment: dict[str, str] | None = None) -> None:
    """Run a step of the tests with its output on the terminal; a failed one ends the whole."""
    from infinite_parallax.cli.virtual_environment import clean_environment
    from infinite_parallax.shared.errors import ParallaxError

    print(f"== {title}", flush=True)
    variables = clean_environment() | (environment or {})
    code = subprocess.run([str(word) for word in command], cwd=folder, env=variables, check=False).returncode
    if code != 0:
        raise ParallaxError(f"This step failed: {title} (exit code {code}).", "Its own words are above.")


STEPS = {
    "demo": prepare_demo,
    "bench": prepare_bench,
    "diffusion": prepare_diffusion,
    "test": test,
    "test-matrix": test_matrix,
}


def main(arguments: list[str]) -> int:
    """Exit code 0, 1 for a failure that a sentence explains, 2 for a wrong call."""
    parser = argparse.ArgumentParser(prog="cli/bootstrap.py", description=__doc__.splitlines()[0])
    parser.add_argument("step", choices=STEPS)
    step = STEPS[parser.parse_args(arguments).step]
    register_checkout()
    from infinite_parallax.shared.errors import ParallaxError

    try:
        step()
    except ParallaxError as error:
        print(f"\n{error.message}\n{error.hint}".rstrip(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again to go on.", file=sys.stderr)
        return 130
    return 0


def run_by_newer_python() -> None:
    """Hand over to a Python that is new enough, where `python3` is an older one."""
    for name in ("python3.11", "python3.12", "python3.13"):
        found = shutil.which(name)
        # A pyenv shim exists whether or not its version is switched on: only running it tells.
        if found and subprocess.run([found, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0:
            os.execv(found, [found, *sys.argv])
    sys.exit("Infinite Parallax needs Python 3.11, 3.12 or 3.13; none of them is on the PATH.")


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        run_by_newer_python()
    # Python puts the folder of a script first on the import path, where its modules would shadow installed ones.
    sys.path[:] = [folder for folder in sys.path if Path(folder or ".").resolve() != Path(__file__).resolve().parent]
    sys.exit(main(sys.argv[1:]))
