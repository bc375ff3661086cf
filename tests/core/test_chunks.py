"""Ranges, the number of Blenders, and which chunks count as finished; without Blender."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from infinite_parallax.shared.chunks import store
from infinite_parallax.shared.chunks.crew_size import BYTES_PER_PX, crew_size, free_memory, processors
from infinite_parallax.shared.chunks.ranges import LONGEST, as_pictures, chunks, in_pictures, of_chunk, runs
from infinite_parallax.shared.formats import Export

GB = 1 << 30


@given(st.integers(1, 100_000), st.integers(1, 600))
def test_chunks_are_whole_groups_and_leave_nothing_out(frames: int, group: int) -> None:
    made = chunks(frames, group)
    assert sum(map(len, made)) == frames
    assert all(a.stop == b.start for a, b in itertools.pairwise(made))
    assert all(len(chunk) % group == 0 for chunk in made[:-1])
    assert max(map(len, made)) < LONGEST + group


def test_a_minute_is_cut_into_two_dozen() -> None:
    assert len(chunks(1800, 18)) == 20
    assert chunks(1800, 18)[1] == range(90, 180)
    assert chunks(40, 18) == (range(0, 40),)
    assert len(chunks(1_000_000, 18)) == 2058


@given(st.sets(st.integers(0, 60)))
def test_runs_hold_the_same_numbers(numbers: set[int]) -> None:
    found = runs(sorted(numbers))
    assert [n for run in found for n in run] == sorted(numbers)
    assert all(a.stop < b.start for a, b in itertools.pairwise(found))


def test_how_chunks_are_written() -> None:
    video, gif, exr = (Export(20, None, 18, 192, name, "none") for name in ("webm", "gif", "exr"))
    assert [in_pictures(wish) for wish in (video, gif, exr)] == [False, True, True]
    assert [of_chunk(wish).format for wish in (video, gif, exr)] == ["webm", "png", "exr"]
    assert [as_pictures(wish).format for wish in (video, gif, exr)] == ["png", "png", "exr"]
    assert of_chunk(Export(20, None, 18, 192)).audio == "none"


@pytest.mark.parametrize(
    ("cores", "free", "number"),
    [
        (1, None, 1),
        (2, 16 * GB, 1),
        (8, None, 4),
        (8, 16 * GB, 4),
        (16, 4 * GB, 4),
        (64, 1 * GB, 1),
        (64, 0, 1),
    ],
)
def test_as_many_blenders_as_processors_and_memory_bear(cores: int, free: int | None, number: int) -> None:
    assert crew_size(cores, free, GB // 2, 1920 * 1080) == number
    assert BYTES_PER_PX * 1920 * 1080 < GB


def test_this_machine_is_known() -> None:
    assert processors() >= 1
    assert (free_memory() or 1) > 0


def test_the_key_follows_from_contents_and_settings(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"one")
    b.write_bytes(b"one")
    key = store.digest([a], {"crf": 20})
    assert key == store.digest([b], {"crf": 20})
    assert key != store.digest([a], {"crf": 21})
    b.write_bytes(b"two")
    assert key != store.digest([b], {"crf": 20})


def test_a_picture_that_is_cut_short_is_removed(tmp_path: Path) -> None:
    path = tmp_path / "frame_0001.png"
    assert not store.whole_picture(path)
    path.write_bytes(b"\x89PNG" + store.PNG_END)
    assert store.whole_picture(path)
    path.write_bytes(b"\x89PNG and half")
    assert not store.whole_picture(path)
    assert not path.exists()


def test_only_what_a_picture_chunk_lacks_is_rendered(tmp_path: Path) -> None:
    held = store.Store(tmp_path, "key", Export(20, None, 18, 192, "gif", "none"), "")
    (tmp_path / "key").mkdir()
    for number in (1, 2, 5):
        (tmp_path / "key" / f"frame_{number:04d}.png").write_bytes(store.PNG_END)
    assert held.missing(range(0, 6)) == (range(2, 4), range(5, 6))
    assert held.missing(range(0, 2)) == ()
