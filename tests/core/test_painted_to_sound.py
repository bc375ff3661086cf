"""A sound that a journey is painted to, as a part of a project: found, sent, renamed, and part of what is painted."""

from pathlib import Path

import pytest
from infinite_parallax.shared import project as projects
from infinite_parallax.shared.attachments import attached, read_attached, renamed, seen_from
from infinite_parallax.shared.errors import UsageError
from infinite_parallax.shared.identity import job_id
from infinite_parallax.shared.prompts import begins_s


def project(sound: str = "a.wav", engine: str = "diffusers", **motion: object) -> projects.Project:
    return projects.from_json({"inpaint": {"engine": engine}, "diffusers": {"sound": sound}, "motion": motion})


def test_a_sound_goes_with_the_project_that_is_painted_to_it(tmp_path: Path) -> None:
    assert attached(project()) == {"sound": "a.wav"}
    assert attached(project(engine="walk")) == {}
    assert attached(project("")) == {}
    assert renamed(project(), {"sound": "b.flac"}).diffusers.sound == "b.flac"
    document = project().to_json()
    seen_from(document, tmp_path)
    assert document["diffusers"]["sound"] == str(tmp_path / "a.wav")
    (tmp_path / "a.wav").write_bytes(b"heard")
    assert read_attached(projects.from_json(document)) == {"sound": b"heard"}
    with pytest.raises(UsageError, match=r"file for sound, .*none.wav, cannot be read"):
        read_attached(project(str(tmp_path / "none.wav")))


def test_the_seconds_count_where_a_sound_is_heard() -> None:
    def ids(engine: str) -> set[str]:
        wishes = (project(engine=engine), project(engine=engine, seconds_per_step=0.5))
        return {job_id(wish, b"picture", "1") for wish in wishes}

    assert len(ids("diffusers")) == 2
    assert len(ids("walk")) == 1
    here, there = (job_id(project(f"{folder}/a.wav"), b"", "1", {"sound": b"1"}) for folder in "xy")
    assert here == there
    assert here != job_id(project("x/a.wav"), b"", "1", {"sound": b"2"})


def test_a_step_begins_at_its_second_of_the_video() -> None:
    assert [begins_s(project(seconds_per_step=0.5), step) for step in (1, 2, 5)] == [0, 0.5, 2]
    assert begins_s(project(pace=[[0, 2]]), 5) == pytest.approx(2)
    assert begins_s(project(pace=[[0, 1], [1, 0]]), 9) == 8
