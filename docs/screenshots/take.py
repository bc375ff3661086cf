"""`make screenshots`: start a desktop Blender on a virtual screen, work through the panel, keep what is seen.

Needs `blender`, `xvfb-run`, `xdotool` and ImageMagick's `import` on the PATH. Blender's own `screen.screenshot` gives a
black picture without a graphics card; ImageMagick reads the screen itself. What runs inside Blender is `inside.py`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
IMAGES = HERE.parent / "images"
PROGRAMS = ("blender", "xvfb-run", "import", "xdotool")
SCREEN = (1600, 1200)


def main() -> int:
    """Take the screenshots; returns 0, or 1 when a program is missing or a picture was not taken."""
    parser = argparse.ArgumentParser(prog="docs/screenshots/take.py", description=__doc__.splitlines()[0])
    parser.add_argument("--zip", type=Path, required=True, help="the extension's zip")
    parser.add_argument("--picture", type=Path, required=True, help="the picture to work with")
    parser.add_argument("--server-command", default="", help="how the server is started")
    parser.add_argument("--out", type=Path, default=IMAGES, help="folder of the screenshots")
    parser.add_argument("--only", default="", help="names of shots, with commas; all without")
    args = parser.parse_args()
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        print(
            f"Not on the PATH: {', '.join(missing)}. On Debian: apt-get install blender xvfb xauth xdotool imagemagick"
        )
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="infinite-parallax-screenshots-") as folder:
        shutil.copy(args.picture, f"{folder}/lake.png")
        environment = os.environ | {
            "BLENDER_USER_RESOURCES": f"{folder}/profile",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "SHOTS_FOLDER": folder,
            "SHOTS_PICTURE": f"{folder}/lake.png",
            "SHOTS_COMMAND": args.server_command,
            "SHOTS_OUT": str(args.out.resolve()),
            "SHOTS_ONLY": args.only,
        }
        install = ["blender", "-b", "--command", "extension", "install-file", "-r", "user_default", "--enable"]
        subprocess.run([*install, str(args.zip.resolve())], env=environment, check=True)
        quiet = "import bpy; bpy.context.preferences.view.show_splash = False; bpy.ops.wm.save_userpref()"
        subprocess.run(["blender", "-b", "--python-expr", quiet], env=environment, check=True)
        width, height = map(str, SCREEN)
        screen = ["xvfb-run", "-a", "-s", f"-screen 0 {width}x{height}x24 +extension GLX"]
        blender = ["blender", "--gpu-backend", "opengl", "-p", "0", "0", width, height]
        done = subprocess.run(
            [*screen, *blender, "--python", str(HERE / "inside.py")], env=environment, check=False, timeout=900
        )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
