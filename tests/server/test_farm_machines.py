"""Jobs on a real Dask scheduler with worker processes, one of them killed; and a store in a server that speaks S3."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from infinite_parallax.benchmarks.scale_jobs import Farm, until
from infinite_parallax.inpaint_server.farm import carrying, dask_executor, watching
from infinite_parallax.inpaint_server.farm.dask_executor import DaskExecutor, has_models
from infinite_parallax.inpaint_server.farm.sending import TurnsHere, executor
from infinite_parallax.inpaint_server.farm.shared_files import open_files
from infinite_parallax.inpaint_server.jobs import Job
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.errors import ParallaxError
from infinite_parallax.shared.wire import QUEUED

from .mortal_workers import Patient

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 180.0
# a child that is not installed finds the checkout as the tests do
PRELUDE = f"import sys; sys.path.insert(0, {str(ROOT / 'tests')!r}); import conftest"


@pytest.fixture
def farm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Farm]:
    """A scheduler with two workers, one slot each."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with Farm(tmp_path, PRELUDE) as farm:
        farm.add()
        farm.add()
        yield farm


def test_a_killed_worker_s_job_ends_with_the_same_bytes(
    serve: Any, document: Any, picture: bytes, farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "EVERY_S", 0.05)
    steps = 150
    alone = serve(tmp_path / "alone")
    alone.create(document(steps, "walk"), picture, "job")
    assert alone.finish("job")["state"] == "succeeded"
    wanted = alone.tiles("job")
    farmed = executor(f"dask://{farm.address}", False)
    assert isinstance(farmed, DaskExecutor)
    until(lambda: slots(farmed) == 2)
    served = serve(tmp_path / "farmed", executor=farmed)
    for job_id in ("one", "two", "three"):
        served.create(document(steps, "walk"), picture, job_id)
    worker = served.context.worker
    until(lambda: all(worker.job(job_id).step > 0 for job_id in ("one", "two")))
    farm.kill(0)
    until(lambda: slots(farmed) == 1)
    assert {served.finish(job_id)["state"] for job_id in ("one", "two", "three")} == {"succeeded"}
    assert [served.tiles(job_id) for job_id in ("one", "two", "three")] == [wanted] * 3
    leases = [served.context.store.files.read(f"{job_id}/lease.json") for job_id in ("one", "two", "three")]
    assert sorted(b'"turn": 1,' in lease for lease in leases) == [False, True, True]


def test_jobs_outlive_their_scheduler(
    serve: Any, document: Any, picture: bytes, farm: Farm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dask_executor, "CONNECT_S", 0.3)
    farmed = executor(f"dask://{farm.address}", False)
    assert isinstance(farmed, DaskExecutor)
    until(lambda: slots(farmed) == 2)
    served = serve(tmp_path / "farmed", executor=farmed)
    served.create(document(300, "walk"), picture, "job")
    worker = served.context.worker
    until(lambda: worker.job("job").step > 0)
    farm.kill_scheduler()
    until(lambda: worker.job("job").state == QUEUED)
    until(lambda: farmed._client.status == "closed")
    assert slots(farmed) == 0
    served.create(document(6, "walk"), picture, "later")
    farm.start_scheduler()
    farm.add()
    assert {served.finish(job_id)["state"] for job_id in ("job", "later")} == {"succeeded"}


def slots(farm: DaskExecutor) -> int:
    return sum(int(offered["CPU"]) for offered in farm._workers.values())


def wish(**sections: Any) -> Any:
    return projects.from_json({"layers": [{"height": 12}, {}]} | sections)


def test_a_job_claims_a_gpu_where_a_model_works() -> None:

    assert not has_models(wish())
    assert not has_models(wish(inpaint={"engine": "comfyui"}))
    assert has_models(wish(inpaint={"engine": "diffusers"}))
    assert has_models(wish(depth={"engine": "dpt"}))
    farm = DaskExecutor.__new__(DaskExecutor)
    plain, model = job(wish()), job(wish(inpaint={"engine": "diffusers"}))
    offers = [{"a": {"CPU": 2.0}, "b": {"GPU": 1.0}}, {"a": {"CPU": 2.0}}, {"b": {"GPU": 1.0}}, {"a": {}}]
    claimed = []
    for workers in offers:
        farm._workers = workers
        claimed.append((farm._slot(model), farm._slot(plain), farm.room(model, [plain]), farm.room(plain, [model])))
    assert claimed == [
        ("GPU", "CPU", True, True),
        ("CPU", "CPU", True, True),
        ("GPU", "GPU", False, False),
        ("GPU", "CPU", False, False),
    ]
    farm._workers = offers[0]
    assert farm.room(plain, [plain, model])
    assert not farm.room(plain, [plain, plain])
    assert not farm.room(model, [model])


def job(project: Any) -> Job:
    return Job("job", project.to_json(), 64, 36, 6, "", 1)


def test_no_scheduler_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_executor, "CONNECT_S", 0.2)
    with pytest.raises(ParallaxError, match="no Dask scheduler at"):
        executor("dask://127.0.0.1:9", False)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A URL below a bucket of a server on loopback that speaks S3."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("FSSPEC_S3_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    import fsspec

    fsspec.config.set_conf_env(fsspec.config.conf)
    try:
        fsspec.filesystem("s3", endpoint_url=f"http://{host}:{port}").mkdir("pictures")
        yield "s3://pictures/journeys"
    finally:
        fsspec.config.conf.pop("s3", None)
        server.stop()


def test_a_store_that_speaks_s3(
    serve: Any, document: Any, picture: bytes, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "EVERY_S", 0.05)
    alone = serve(tmp_path / "alone")
    alone.create(document(), picture, "job")
    alone.finish("job")
    patient = Patient(3)
    served = serve(tmp_path / "copies", url=bucket, executor=TurnsHere(loop=patient))
    served.create(document(), picture, "job")
    assert patient.reached.wait(DEADLINE_S)
    served.ask("POST", "/jobs/job/cancel")
    assert served.finish("job")["state"] == "cancelled"
    served.context.stop()
    other = serve(tmp_path / "others", url=bucket, executor=TurnsHere())
    other.ask("POST", "/jobs/job/resume")
    assert other.finish("job")["state"] == "succeeded"
    assert other.tiles("job") == alone.tiles("job")
    files = open_files(f"{bucket}/jobs")
    assert {f"job/run/{file}" for file in alone.tiles("job")} <= set(files.keys("job"))
    assert not files.keys("job/turns")
    assert other.ask("DELETE", "/jobs/job").status_code == 204
    assert files.keys("") == []
