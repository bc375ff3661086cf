"""The report as files: `report.json` and `report.html`, computed once for what they judge.

The JSON holds the digest of the tiles and the source, so a report is made again when a job has been painted again, and
only then. A time stamp would be wrong after every copy.
"""

import json
from pathlib import Path
from typing import Any

from ..tile_files import write_bytes
from .page import page
from .painted_job import PaintedJob
from .report import SCHEMA, VERSION, Report, judge

JSON_FILE, PAGE_FILE = "report.json", "report.html"


def write(job: PaintedJob, folder: Path) -> Report:
    """Judge a job and write both files into a folder."""
    report, maps = judge(job)
    write_bytes(folder / PAGE_FILE, page(job, report, maps).encode())
    # last, because it vouches for the page
    write_bytes(folder / JSON_FILE, (json.dumps(report.to_json(), indent=1) + "\n").encode())
    return report


def current(job: PaintedJob, folder: Path) -> dict[str, Any] | None:
    """The document of the report that lies in a folder; None if there is none of this job as it is now."""
    try:
        data = json.loads((folder / JSON_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(data, dict) and (data.get("schema"), data.get("version")) == (SCHEMA, VERSION)
    if not known or data.get("digest") != job.digest() or not (folder / PAGE_FILE).is_file():
        return None
    return dict(data)
