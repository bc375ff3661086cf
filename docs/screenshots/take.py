"""`make screenshots`: take the tour of docs/tour.md in a desktop Blender on a virtual screen, and keep what is seen.

Needs `blender`, `xvfb-run`, `xdotool` and ImageMagick's `import` on the PATH. Blender's own `screen.screenshot` gives a
black picture without a graphics card; ImageMagick reads the screen itself. What runs inside Blender is `inside.py`;
the video that it exports is judged here (`video.py`).
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import sheet
import video
from infinite_parallax.shared import example_picture
from PIL import Image

HERE = Path(__file__).resolve().parent
IMAGES = HERE.parent / "images"
PROGRAMS = ("blender", "xvfb-run", "import", "xdotool")
SCREEN = (1440, 1000)
PICTURE = (960, 600)
LONGEST_S = 1500
QUIET = """
import bpy
view = bpy.context.preferences.view
view.show_splash = view.show_tooltips = False
bpy.context.preferences.system.use_region_overlap = False
bpy.ops.wm.save_userpref()
"""


def main() -> int:
    """Take the tour; returns 0, or 1 when a program is missing, a step failed or the video is not as it should be."""
    parser = argparse.ArgumentParser(prog="docs/screenshots/take.py", description=__doc__.splitlines()[0])
    parser.add_argument("--zip", type=Path, required=True, help="the extension's zip")
    parser.add_argument("--server-command", default="", help="how the server is started")
    parser.add_argument("--out", type=Path, default=IMAGES, help="folder of the screenshots")
    parser.add_argument("--only", default="", help="names of shots, with commas; all without")
    parser.add_argument("--keep", type=Path, help="folder to copy the video and the Blender file to")
    args = parser.parse_args()
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        print(
            f"Not on the PATH: {', '.join(missing)}. On Debian: apt-get install blender xvfb xauth xdotool imagemagick"
        )
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="infinite-parallax-screenshots-") as folder:
        Image.fromarray(example_picture.paint(*PICTURE)).save(f"{folder}/lake.png")
        code = tour(Path(folder), args.zip.resolve(), args.server_command, args.out.resolve(), args.only)
        if args.keep is not None:
            args.keep.mkdir(parents=True, exist_ok=True)
            for name in ("lake.mp4", "lake.blend"):
                if Path(folder, name).exists():
                    shutil.copy(Path(folder, name), args.keep)
        if code:
            return code
        if narrow := sorted(args.out.glob("panel_narrow_*.png")):
            sheet.join(narrow, args.out / "narrow.png")
        faults = video.judge(Path(folder, "lake.mp4"), args.out / "video.jpg")
    for fault in faults:
        print(fault)
    return int(bool(faults))


def tour(folder: Path, package: Path, command: str, out: Path, only: str) -> int:
    """Install the zip into a profile of its own and take the tour; the exit code of Blender."""
    environment = os.environ | {
        "BLENDER_USER_RESOURCES": f"{folder}/profile",
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "SHOTS_FOLDER": str(folder),
        "SHOTS_PICTURE": f"{folder}/lake.png",
        "SHOTS_COMMAND": command,
        "SHOTS_OUT": str(out),
        "SHOTS_ONLY": only,
    }
    install = ["blender", "-b", "--command", "extension", "install-file", "-r", "user_default", "--enable"]
    subprocess.run([*install, str(package)], env=environment, check=True)
    subprocess.run(["blender", "-b", "--python-expr", QUIET], env=environment, check=True)
    width, height = map(str, SCREEN)
    screen = ["xvfb-run", "-a", "-s", f"-screen 0 {width}x{height}x24 +extension GLX"]
    blender = ["blender", "--gpu-backend", "opengl", "-p", "0", "0", width, height]
    done = subprocess.run(
        [*screen, *blender, "--python", str(HERE / "inside.py")], env=environment, check=False, timeout=LONGEST_S
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
