"""The doctor: every line is a trial, and every failing line says what to do next."""

import json
import shutil
from pathlib import Path

import pytest
from infinite_parallax.cli import doctor
from infinite_parallax.cli.blenders import Blender
from infinite_parallax.cli.doctor import Check
from infinite_parallax.inpaint_server import engines
from infinite_parallax.inpaint_server.engines.iopaint import IOPaintEngine
from infinite_parallax.shared.errors import ParallaxError, UsageError

SHELL = shutil.which("sh")


def blender(folder: Path, script: str) -> Blender:
    path = folder / "blender"
    path.write_text(f"#!{SHELL}\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return Blender("binary", path, (5, 2, 2))


def probe(**changes: object) -> str:
    colour = [1.0, 0.5, 0.0]
    answer = {"version": "5.2.2", "lacking": [], "audaspace": True, "colour": colour, "expected": colour}
    return f"echo 'Saved: frame.png'; echo 'PROBE {json.dumps(answer | changes)}'"


def test_ffmpeg_runs() -> None:
    check = doctor.ffmpeg()
    assert check.ok
    assert check.detail.startswith("ffmpeg version")


def test_engines_are_those_of_the_server_and_the_default_one_is_needed() -> None:
    checks = {check.name: check for check in doctor.engines()}
    assert checks.keys() == {f"engine {name}" for name in engines.available()}
    assert [name for name, check in checks.items() if check.needed] == [f"engine {engines.DEFAULT}"]


def test_an_engine_that_cannot_be_used_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "available", lambda: {"walk": "", "big": "not installed: pip install big"})
    checks = list(doctor.engines())
    assert [(check.ok, check.detail) for check in checks] == [
        (True, "ready"),
        (False, "not installed: pip install big"),
    ]


def test_an_engine_that_asks_another_server_is_well_when_that_one_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "available", lambda: {"iopaint": ""})
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(IOPaintEngine, "look", lambda _self, options: asked.append(options))
    assert [(check.ok, check.detail) for check in doctor.engines()] == [(True, "ready")]
    assert asked == [{}]

    def nobody(_self: object, _options: object) -> None:
        raise ParallaxError("Nobody answers.", "Start it.")

    monkeypatch.setattr(IOPaintEngine, "look", nobody)
    check = next(doctor.engines())
    assert (check.ok, check.detail, check.next_command, check.needed) == (False, "Nobody answers.", "Start it.", False)


def test_a_blender_that_renders_is_well(tmp_path: Path) -> None:
    check = doctor.try_blender(blender(tmp_path, probe()), needed=True)
    assert check.ok
    assert check.name == "Blender 5.2.2"
    assert "renders, with sound" in check.detail
    assert "without sound" in doctor.try_blender(blender(tmp_path, probe(audaspace=False)), needed=True).detail


def test_a_blender_with_wrong_colours_is_not(tmp_path: Path) -> None:
    check = doctor.try_blender(blender(tmp_path, probe(colour=[0.2, 0.2, 0.2])), needed=True)
    assert not check.ok
    assert "wrong colours" in check.detail


def test_a_blender_without_its_packages_says_which(tmp_path: Path) -> None:
    check = doctor.try_blender(blender(tmp_path, probe(lacking=["requests"])), needed=True)
    assert not check.ok
    assert "lacks requests" in check.detail
    assert check.next_command.endswith("apt-get install -y python3-requests")


def test_a_blender_that_fails_shows_its_last_words_and_the_next_command(tmp_path: Path) -> None:
    broken = blender(tmp_path, "echo Traceback >&2; echo 'ImportError: it is broken' >&2; exit 1")
    check = doctor.try_blender(broken, needed=True)
    assert not check.ok
    assert "ImportError: it is broken" in check.detail
    assert "install-blender" in check.next_command
    library = "ImportError: libSM.so.6: cannot open shared object file: No such file or directory"
    check = doctor.try_blender(blender(tmp_path, f"echo '{library}' >&2; exit 1"), needed=True)
    assert "libSM.so.6" in check.detail
    assert "libsm6" in check.next_command or "package manager" in check.next_command


def test_a_blender_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PROBE_TIMEOUT_S", 0.2)
    check = doctor.try_blender(blender(tmp_path, "exec tail -f /dev/null"), needed=False)
    assert not check.ok
    assert "no frame within" in check.detail


def test_no_blender_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_blenders", lambda explicit: [])  # noqa: ARG005
    (check,) = doctor.blenders()
    assert (check.ok, check.needed) == (False, True)
    assert check.next_command == "Run: infinite-parallax install-blender"


def test_an_explicit_blender_that_is_none_is_a_line_and_no_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(explicit: str | None) -> list[Blender]:
        raise UsageError(f"There is no Blender at {explicit}.", "Name another.")

    monkeypatch.setattr(doctor, "find_blenders", refuse)
    assert list(doctor.blenders("/x")) == [Check("Blender", False, "There is no Blender at /x.", "Name another.")]


def test_only_the_first_blender_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    well = blender(tmp_path, probe())
    monkeypatch.setattr(doctor, "find_blenders", lambda explicit: [well, well])  # noqa: ARG005
    assert [check.needed for check in doctor.blenders()] == [True, False]


def test_a_folder_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    assert doctor.writable(tmp_path / "share" / "infinite-parallax").ok
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    check = doctor.writable(tmp_path / "file" / "infinite-parallax")
    assert not check.ok
    assert check.next_command


def test_free_space_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage(tmp_path).free
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", free * 2)
    assert not doctor.free_space(tmp_path).ok
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 1)
    assert doctor.free_space(tmp_path).ok


@pytest.mark.parametrize(
    ("checks", "code", "mark"),
    [
        ([Check("a", True, "fine")], 0, "ok  a  fine"),
        ([Check("a", True, "fine"), Check("b", False, "no", "Run: this", needed=False)], 0, "--  b  no"),
        ([Check("a", False, "bad", "Run: that")], 1, "NO  a  bad"),
    ],
)
def test_only_needed_lines_decide_the_exit_code(
    checks: list[Check],
    code: int,
    mark: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(doctor, "report", lambda blender: checks)  # noqa: ARG005
    assert doctor.print_report() == code
    printed = capsys.readouterr().out
    assert mark in printed
    assert all(check.next_command in printed for check in checks)


def test_every_failing_line_of_this_machine_has_a_next_command() -> None:
    checks = doctor.report()
    assert {"Python", "packages", "ffmpeg", "system libraries", "disk", "data folder"} <= {one.name for one in checks}
    for check in checks:
        assert check.ok or check.next_command or check.name.startswith("engine"), check
