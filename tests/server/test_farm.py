"""Jobs by turns: on a folder and on a URL, cancelled, redone, lost and taken up again, and never by two at once."""

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from infinite_parallax.inpaint_server.farm import carrying, lease, turn, watching
from infinite_parallax.inpaint_server.farm.sending import TurnsHere, executor
from infinite_parallax.inpaint_server.farm.shared_files import FolderFiles, SharedFiles, open_files
from infinite_parallax.inpaint_server.farm.turn import Order, take_turn
from infinite_parallax.inpaint_server.farm.url_lock import url_locked
from infinite_parallax.inpaint_server.jobs import Job
from infinite_parallax.inpaint_server.limits import Limits
from infinite_parallax.shared.errors import ParallaxError, UsageError

from .dreams_by_hand import Brush
from .mortal_workers import DEADLINE_S, Mortal, Patient
from .test_dreams_http import DOCUMENT, FRAMES, held, put


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks at the store more often than it would be good for a real one."""
    monkeypatch.setattr(carrying, "EVERY_S", 0.02)
    monkeypatch.setattr(watching, "EVERY_S", 0.02)
    monkeypatch.setattr(turn, "LOOK_EVERY_S", 0.01)


@pytest.fixture
def memory() -> Iterator[str]:
    """A store in this process's memory, behind a URL."""
    import fsspec

    url = f"memory://{uuid.uuid4().hex}"
    yield url
    files = fsspec.filesystem("memory")
    if files.exists(url):
        files.rm(url, recursive=True)


@pytest.fixture
def undisturbed(serve: Callable[..., Any], tmp_path: Path, document: Any, picture: bytes) -> dict[str, str]:
    """The tiles of the small job as one machine paints it, with their digests."""
    served = serve(tmp_path / "undisturbed")
    served.create(document(), picture, "job")
    assert served.finish("job")["state"] == "succeeded"
    tiles: dict[str, str] = served.tiles("job")
    served.context.stop()
    return tiles


def leftovers(files: SharedFiles) -> list[str]:
    return [key for key in files.keys("job") if "/turns/" in key]


@pytest.mark.parametrize("url", [False, True])
def test_a_job_by_turns_is_the_one_that_is_painted_here(
    serve: Any, document: Any, picture: bytes, undisturbed: dict[str, str], memory: str, url: bool
) -> None:
    served = serve(url=memory if url else "", executor=TurnsHere())
    served.create(document(), picture, "job")
    kinds = {kind for _, kind, _ in served.events("job")}
    job = served.finish("job")
    assert (job["state"], job["step"], job["error"]) == ("succeeded", 6, None)
    assert kinds >= {"state", "stage", "progress", "preview"}
    assert served.tiles("job") == undisturbed
    for file, digest in undisturbed.items():
        answer = served.ask("GET", f"/jobs/job/tiles/{file.removeprefix('plates/')}")
        assert answer.status_code == 200
        assert answer.headers["ETag"] == f'"{digest}"'
    assert served.ask("GET", "/jobs/job/preview").status_code == 200
    assert served.ask("GET", "/jobs/job/report").get_json()["digest"]
    assert not leftovers(served.context.store.files)


@pytest.mark.parametrize("deaths", [1, 2])
def test_a_job_whose_worker_dies_is_taken_up_by_another(
    serve: Any, document: Any, picture: bytes, undisturbed: dict[str, str], memory: str, deaths: int
) -> None:
    farm = Mortal(deaths)
    served = serve(url=memory, executor=farm)
    served.create(document(), picture, "job")
    assert served.finish("job")["state"] == "succeeded"
    assert served.tiles("job") == undisturbed
    assert len(farm.threads) == deaths + 1
    assert not leftovers(served.context.store.files)


def test_a_job_that_kills_every_worker_fails(serve: Any, document: Any, picture: bytes) -> None:
    farm = Mortal(99, step=1)
    served = serve(executor=farm)
    served.create(document(), picture, "job")
    job = served.finish("job")
    assert (job["state"], job["error"]["code"]) == ("failed", "workers_lost")
    # the count begins anew with the first that can still tell that it has come to step 1
    assert watching.MOST_LOSSES <= len(farm.threads) < 2 * watching.MOST_LOSSES
    farm.deaths = 0
    served.ask("POST", "/jobs/job/resume")
    assert served.finish("job")["state"] == "succeeded"


def test_a_worker_that_was_only_thought_dead_writes_where_nobody_reads(
    serve: Any, gate: Any, document: Any, picture: bytes, undisturbed: dict[str, str]
) -> None:
    asleep = gate(3)
    farm = Mortal(1, gate=asleep)
    served = serve(executor=farm)
    served.create(document(), picture, "job")
    assert served.finish("job")["state"] == "succeeded"
    files: SharedFiles = served.context.store.files
    before = {key: files.read(key) for key in files.keys("job")}
    asleep.go.set()
    farm.threads[0].join(DEADLINE_S)
    assert not farm.threads[0].is_alive()
    assert {key: files.read(key) for key in files.keys("job")} == before
    assert served.tiles("job") == undisturbed


def test_of_two_who_want_one_turn_one_gets_it(tmp_path: Path) -> None:
    files = FolderFiles(tmp_path)
    lease.write(files, "job", lease.Lease(4, closed=False))
    both = [lease.Held(files, "job", lease.claim(files, "job", 4, "")) for _ in range(2)]
    late = lease.Held(files, "job", lease.claim(files, "job", 3, ""))
    assert [holder for holder, _ in lease.claims(files, "job", 4)] == sorted(held.holder for held in both)
    assert not any(held.look() or held.lost for held in both)
    assert not late.look()
    assert late.lost
    lease.write(files, "job", lease.Lease(4, both[1].holder, closed=False))
    assert [held.look() for held in both] == [False, True]
    assert [held.lost for held in both] == [True, False]
    lease.write(files, "job", lease.Lease(4, both[1].holder, stop=True, closed=False))
    assert both[1].look()
    assert both[1].stopping()
    assert not both[1].lost
    lease.write(files, "job", lease.Lease(4, both[1].holder))
    assert not both[1].look()
    assert both[1].lost


def test_cancel_and_resume(serve: Any, document: Any, picture: bytes, undisturbed: dict[str, str], memory: str) -> None:
    patient = Patient(3)
    served = serve(url=memory, executor=TurnsHere(loop=patient))
    served.create(document(), picture, "job")
    assert patient.reached.wait(DEADLINE_S)
    served.ask("POST", "/jobs/job/cancel")
    job = served.finish("job")
    assert (job["state"], job["step"]) == ("cancelled", 3)
    served.ask("POST", "/jobs/job/resume")
    assert served.finish("job")["state"] == "succeeded"
    assert served.tiles("job") == undisturbed


def test_redo_paints_again_from_a_step(serve: Any, document: Any, picture: bytes, tmp_path: Path, memory: str) -> None:
    again = {"from_step": 3, "project": document(seed=5, engine="walk")}
    tiles = []
    for config in ({}, {"url": memory, "executor": TurnsHere()}):
        served = serve(tmp_path / f"store{len(tiles)}", **config)
        served.create(document(), picture, "job")
        served.finish("job")
        before = served.tiles("job")
        assert served.ask("POST", "/jobs/job/redo", json=again).status_code == 200
        assert served.finish("job")["state"] == "succeeded"
        tiles.append(served.tiles("job"))
        assert tiles[-1] != before
        name = next(iter(tiles[-1])).removeprefix("plates/")
        assert served.ask("GET", f"/jobs/job/tiles/{name}").headers["ETag"] == f'"{tiles[-1]["plates/" + name]}"'
        served.context.stop()
    assert tiles[0] == tiles[1]


def test_a_server_elsewhere_goes_on_with_the_same_store(
    serve: Any, document: Any, picture: bytes, undisturbed: dict[str, str], memory: str, tmp_path: Path
) -> None:
    patient = Patient(4)
    first = serve(tmp_path / "one", url=memory, executor=TurnsHere(loop=patient))
    first.create(document(), picture, "job")
    assert patient.reached.wait(DEADLINE_S)
    first.context.stop()
    assert first.context.worker.job("job").step == 4
    second = serve(tmp_path / "two", url=memory, executor=TurnsHere())
    assert second.finish("job")["state"] == "succeeded"
    assert second.tiles("job") == undisturbed
    assert second.ask("DELETE", "/jobs/job").status_code == 204
    assert second.context.store.files.keys("job") == []
    second.context.stop()
    open_files(f"{memory}/jobs").write({"late/turns/000001-aa/run/x": b"", "odd/job.json": b"{"})
    third = serve(tmp_path / "three", url=memory)
    assert list(third.context.worker.damaged) == ["odd"]
    assert open_files(f"{memory}/jobs").keys("late") == []


def test_deleting_a_job_at_work_stops_its_worker(serve: Any, gate: Any, document: Any, picture: bytes) -> None:
    held = gate(2)
    served = serve(executor=TurnsHere(loop=held))
    served.create(document(), picture, "job")
    held.wait()
    assert served.ask("DELETE", "/jobs/job").status_code == 204
    held.go.set()
    served.context.stop()
    assert served.context.store.files.keys("job") == []


def test_what_engines_found_comes_home(serve: Any, document: Any, picture: bytes, memory: str) -> None:
    wish = document(engine="walk") | {"depth": {"engine": "prior"}, "cut": {"layers": 2}, "layers": []}
    wish |= {"speed": {"law": "depth"}, "motion": {"steps": 6, "step_px": 4}}
    served = serve(url=memory, executor=TurnsHere())
    assert served.create(wish, picture, "job").get_json()["steps"] == 0
    warned = [data["message"] for _, kind, data in served.events("job") if kind == "warning"]
    job = served.finish("job")
    assert job["state"] == "succeeded"
    assert any("depth" in message for message in warned)
    assert served.ask("GET", "/jobs/job/attached/depth").status_code == 200


def test_a_worker_of_another_version_says_so(serve: Any, document: Any, picture: bytes, monkeypatch: Any) -> None:
    monkeypatch.setattr(turn, "__version__", "0.0.1")
    served = serve(executor=TurnsHere())
    served.create(document(), picture, "job")
    assert served.finish("job")["error"]["code"] == "other_version"


def test_a_worker_that_nobody_grants_a_turn_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn, "GRANT_S", 0.05)
    lease.write(FolderFiles(tmp_path), "job", lease.Lease(1, closed=False))
    assert take_turn(Order(str(tmp_path), "job", 1, Limits())) == "not wanted"


def test_a_store_behind_a_url_has_one_server(memory: str) -> None:
    lost = threading.Event()
    with url_locked(memory, lost.set, every_s=0.05):
        with pytest.raises(ParallaxError, match="Another server is at work"), url_locked(memory, lost.set, 0.2):
            pass
        open_files(memory).write({"server.json": b'{"name": "another", "count": 1}'})
        assert lost.wait(DEADLINE_S)
    with url_locked(memory, lost.set, every_s=0.02):  # the other one is silent
        pass
    assert open_files(memory).keys("") == []


def test_files_of_both_kinds(tmp_path: Path, memory: str) -> None:
    for files in (open_files(str(tmp_path)), open_files(f"file://{tmp_path}/more"), open_files(memory)):
        files.write({"a/b": b"1", "a/c/d": b"2"})
        assert (files.keys("a"), files.keys("a/b"), files.keys("none")) == (["a/b", "a/c/d"], ["a/b"], [])
        assert files.exists("a/b")
        assert not files.exists("a")
        files.move({"a/b": "x/y", "a/c/d": "x/z"})
        assert (files.keys("a"), files.keys("x"), files.read("x/z")) == ([], ["x/y", "x/z"], b"2")
        with pytest.raises(FileNotFoundError):
            files.read("a/b")
        files.remove("x/y")
        files.remove("x/y")
        files.remove("x")
        assert files.keys("") == []


def test_a_folder_that_cannot_be_written_is_a_fault_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(OSError, match="a"):
        FolderFiles(tmp_path).write({"a/b": b"1"})
    (tmp_path / "c").mkdir()
    with pytest.raises(OSError, match="c"):
        FolderFiles(tmp_path).write({"c": b"1"})


def test_what_is_written_at_once_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "AT_ONCE", 3)
    monkeypatch.setattr(carrying, "AT_ONCE_BYTES", 10)
    sizes = {"a": 4, "b": 6, "c": 1, "d": 30, "e": 0, "f": 0, "g": 0, "h": 0}
    assert list(carrying.batches(sizes)) == [["a", "b"], ["c"], ["d"], ["e", "f", "g"], ["h"]]
    assert list(carrying.batches({})) == []


def test_a_job_that_has_no_room_holds_up_no_other(serve: Any, document: Any, picture: bytes) -> None:
    class Narrow(TurnsHere):
        def room(self, job: Job, at_work: Sequence[Job]) -> bool:
            return super().room(job, at_work) and (job.id != "first" or shown.is_set())

    shown = threading.Event()
    served = serve(executor=Narrow())
    served.create(document(), picture, "first")
    served.create(document(), picture, "second")
    assert served.finish("second")["state"] == "succeeded"
    assert served.context.worker.job("first").state == "queued"
    shown.set()
    assert served.finish("first")["state"] == "succeeded"


def test_what_cannot_be_a_store_or_an_executor() -> None:
    with pytest.raises(UsageError, match="cannot be opened"):
        open_files("bogus://somewhere")
    with pytest.raises(UsageError, match="no executor"):
        executor("slurm://x", False)
    assert isinstance(executor("", True), TurnsHere)


def test_a_dream_by_turns(serve: Any, memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held(monkeypatch, Brush())
    again = {"from_step": 4, "project": DOCUMENT | {"name": "other"}}
    seen = []
    for config in ({}, {"url": memory, "executor": TurnsHere()}):
        served = serve(tmp_path / f"store{len(seen)}", **config)
        put(served)
        assert served.finish("mine")["state"] == "succeeded"
        assert served.ask("POST", "/jobs/mine/redo", json=again).status_code == 200
        assert served.finish("mine")["step"] == FRAMES
        paths = [f"frames/{number}" for number in range(1, FRAMES + 1)]
        seen.append([served.ask("GET", f"/jobs/mine/{path}").data for path in (*paths, "attached/sound")])
        assert served.ask("GET", "/jobs/mine/video").data[4:8] == b"ftyp"
        served.context.stop()
    assert seen[0] == seen[1]
