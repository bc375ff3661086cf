"""Make the checkout importable as `infinite_parallax`, whatever its folder is called and without installing it."""

import importlib.util
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
if "infinite_parallax" not in sys.modules:
    spec = importlib.util.spec_from_file_location(
        "infinite_parallax", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["infinite_parallax"] = module
    spec.loader.exec_module(module)
