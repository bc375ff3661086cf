"""The module `bpy` behind the command line of the Blender program, as far as a farm uses it: -b -y FILE --python.

python as_program.py -b [-y] FILE [--python-exit-code N] --python SCRIPT -- ARGUMENTS
"""

import runpy
import sys

import bpy


def main(words: list[str]) -> None:
    """Open the file and run the script, in the order of the words, as Blender does."""
    assert words[0] == "-b"
    while words:
        word = words.pop(0)
        if word == "--":
            return
        if word == "--python-exit-code":
            words.pop(0)
        elif word == "--python":
            runpy.run_path(words.pop(0), run_name="__main__")
        elif not word.startswith("-"):
            bpy.ops.wm.open_mainfile(filepath=word)
        else:
            assert word in ("-b", "-y"), word


if __name__ == "__main__":
    main(sys.argv[1:])
