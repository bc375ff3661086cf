"""What a Blender runs when the command line starts one: `blender -b --python boot.py -- …` or `python boot.py …`.

Both kinds of Blender come this way, so that a job is the same in either. The checkout is registered as the package
`infinite_parallax` by its path, because neither kind has it installed, and installing it there would mean writing
into a person's Blender. Standard library only, until Blender itself is there.
"""

import contextlib
import importlib.util
import os
import shutil
import sys
import tempfile
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


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


def arguments(in_program: bool) -> list[str]:
    """What follows `--` on Blender's command line; everything after this file's name on Python's."""
    if in_program:
        return sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else []
    return sys.argv[1:]


def own_profile() -> str:
    """A temporary folder for Blender's settings, so that a person's own are neither read nor written.

    An empty string where the caller has already set a folder for them.
    """
    if "BLENDER_USER_RESOURCES" in os.environ:
        return ""
    folder = tempfile.mkdtemp(prefix="infinite-parallax-profile-")
    os.environ["BLENDER_USER_RESOURCES"] = folder
    return folder


def main(argv: list[str]) -> int:
    """Run the headless entry with `argv` and return its exit code.

    A refusal is its sentence and the way out, with 1, or 2 for wrong usage; anything else is a traceback, with 1.
    """
    register_checkout()
    from infinite_parallax.shared.errors import ParallaxError, UsageError

    try:
        from infinite_parallax.blender_addon import headless

        return headless.main(argv)
    except ParallaxError as error:
        print(f"{error.message}\n{error.hint}".rstrip(), file=sys.stderr)
        return 2 if isinstance(error, UsageError) else 1
    except SystemExit as stop:
        if isinstance(stop.code, str):
            print(stop.code, file=sys.stderr)
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1


def leave(code: int, profile: str) -> None:
    """End the process at once: handlers that are still registered crash Blender 4.2 at its exit and hang 4.5."""
    session = Path(getattr(getattr(sys.modules.get("bpy"), "app", None), "tempdir", ""))
    if session.name.startswith("blender_"):  # Blender removes its session's folder in the teardown that is left out
        shutil.rmtree(session, ignore_errors=True)
    if profile:
        shutil.rmtree(profile, ignore_errors=True)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.path[:] = [folder for folder in sys.path if Path(folder or ".").resolve() != Path(__file__).resolve().parent]
    # The Blender program has bpy from the start; a Python that holds the module gets it when the work imports it.
    IN_PROGRAM = "bpy" in sys.modules
    PROFILE = "" if IN_PROGRAM else own_profile()
    leave(main(arguments(IN_PROGRAM)), PROFILE)
