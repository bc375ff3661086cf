"""The store of jobs where it lies behind a URL: every record and picture there, and copies here of what is looked at.

The server writes to both, the one elsewhere last, and takes what workers have made from there when somebody asks for
it. So the routes, the report and everything else that wants a path stays as it is. A second kind of store beside the
folder was the other road: each reader would have to know two.
"""

import json
import shutil
import threading
from collections.abc import Mapping
from pathlib import Path

from ...shared import plates
from ...shared.errors import ParallaxError
from ...shared.wire import is_job_id
from ..engines.contract import RGB
from ..jobs import Job, JobStore, parsed
from ..tile_files import write_bytes
from .shared_files import open_files

STORE_HINT = "Look at the store, then try again."


class MirroredStore(JobStore):
    """A `JobStore` at a URL; `here` is the folder of the copies, which may be deleted while no server runs."""

    def __init__(self, url: str, here: Path) -> None:
        super().__init__(here)
        # a copy that is being made must not outlive the news that the file has changed
        self._copying = threading.Lock()
        self.files = open_files(url.rstrip("/") + "/jobs")

    def open(self) -> tuple[list[Job], dict[str, str]]:
        """See `JobStore.open`. Jobs that were not written to their end, or not deleted to theirs, are deleted."""
        jobs: list[Job] = []
        damaged: dict[str, str] = {}
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(mode=0o700, parents=True)
        try:
            keys = self.files.keys("")
            for job_id in sorted({key.partition("/")[0] for key in keys}):
                if not is_job_id(job_id):
                    damaged[job_id[:80]] = "Its name cannot be the id of a job."
                elif f"{job_id}/job.json" not in keys:
                    self.files.remove(job_id)
                else:
                    try:
                        jobs.append(self.read(job_id))
                    except (ValueError, ParallaxError) as e:
                        damaged[job_id] = f"The job cannot be read: {str(e).rstrip('.')}."
        except OSError as e:
            raise ParallaxError(f"The store {self.files.where} cannot be read: {e}.", "Look at it.", "store") from e
        return sorted(jobs, key=lambda job: job.order), damaged

    def read(self, job_id: str) -> Job:
        """See `JobStore.read`."""
        return parsed(json.loads(self.near(job_id, "job.json").read_bytes()), job_id)

    def create(self, job: Job, source: bytes, picture: bytes, attachments: Mapping[str, bytes]) -> None:
        """See `JobStore.create`; it appears with its record, which is written last."""
        super().create(job, source, picture, attachments)
        parts = {f"attached/{part}": data for part, data in attachments.items()}
        try:
            self._write(job.id, {"source": source, "picture.png": picture, **parts})
            self.save(job)
        except ParallaxError:
            shutil.rmtree(self.folder(job.id), ignore_errors=True)
            raise

    def save(self, job: Job) -> None:
        """See `JobStore.save`."""
        super().save(job)
        self._write(job.id, {"job.json": (self.folder(job.id) / "job.json").read_bytes()})

    def attach(self, job_id: str, part: str, data: bytes) -> None:
        """See `JobStore.attach`."""
        super().attach(job_id, part, data)
        self._write(job_id, {f"attached/{part}": data})

    def save_preview(self, job_id: str, canvas: RGB) -> None:
        """See `JobStore.save_preview`."""
        super().save_preview(job_id, canvas)
        self._write(job_id, {"preview.png": (self.folder(job_id) / "preview.png").read_bytes()})

    def hide(self, job_id: str) -> None:
        """See `JobStore.hide`: without its record, nothing there counts."""
        self.files.remove(f"{job_id}/job.json")
        self.files.remove(job_id)
        super().hide(job_id)

    def near(self, job_id: str, name: str) -> Path:
        """See `JobStore.near`."""
        path = self.folder(job_id) / name
        with self._copying:
            if not path.exists():
                try:
                    data = self.files.read(f"{job_id}/{name}")
                except FileNotFoundError:
                    return path
                except OSError as e:
                    raise ParallaxError(f"The store cannot be read: {e}.", STORE_HINT, "store") from e
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                write_bytes(path, data)
        return path

    def gather(self, job_id: str) -> None:
        """See `JobStore.gather`."""
        listed = self.near(job_id, "run/manifest.json")
        for tile in plates.load(listed.parent).files:
            self.near(job_id, f"run/{tile.file}")
        self.near(job_id, "picture.png")

    def changed(self, job_id: str, below: str) -> None:
        """See `JobStore.changed`."""
        path = self.folder(job_id) / below
        with self._copying:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def _write(self, job_id: str, files: Mapping[str, bytes]) -> None:
        try:
            self.files.write({f"{job_id}/{name}": data for name, data in files.items()})
        except OSError as e:
            raise ParallaxError(f"The store cannot be written: {e}.", STORE_HINT, "store") from e
