"""One video rendered by several Blenders: asked what there is, given the chunks that are missing, joined.

Nothing here touches `bpy`: the command line runs it, and so does the add-on, beside its interface in a thread. The
first Blender says what the file holds; only then is known which chunks are there already, and how many more Blenders
the memory bears.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from ..errors import ParallaxError
from ..formats import Export, check_suffix
from . import crew_size
from .crew import GONE, Crew, Hand, Message
from .joining import Joined, join
from .ranges import chunks
from .store import Store, as_document, digest

TRIES = 2
TAGS_COLOURS = (4, 5, 0)
"""From this version on Blender says in its videos how their colours were converted."""

Mix = Callable[[], Path | None]
Stop = Callable[[], None]
Tell = Callable[[str, Any], None]
"""Told ("frame", (done, of)) or ("crew", number of Blenders)."""


@dataclass(frozen=True)
class Task:
    """A file to render. `command` starts a Blender that takes jobs (`blender_addon/chunk_worker.py`).

    `workers` Blenders at once, 0 for as many as the machine bears. Chunks lie in `folder`. `mix` makes the sound where
    Blender has none.
    """

    command: tuple[str, ...]
    out: Path
    wish: Export
    folder: Path
    files: tuple[Path, ...]
    ffmpeg: str
    workers: int = 0
    mix: Mix = lambda: None


@dataclass(frozen=True)
class About:
    """What a Blender says of the opened file: `frames` from Blender's frame `first` on, and the memory it takes."""

    version: tuple[int, int, int]
    first: int
    frames: int
    fps: Fraction
    width: int
    height: int
    sound: bool
    memory: int
    files: tuple[Path, ...]
    build: str = ""

    @staticmethod
    def of(message: Message) -> "About":
        """Out of its message."""
        known = {name: message[name] for name in ("first", "frames", "width", "height", "sound", "memory", "build")}
        files = tuple(Path(name) for name in message["files"])
        return About(tuple(message["version"]), fps=Fraction(*message["fps"]), files=files, **known)


@dataclass
class _Job:
    """A chunk, or the sound where there is none."""

    chunk: range | None
    tries: int = 0
    done: int = 0


@dataclass
class _State:
    jobs: deque[_Job]
    busy: dict[Hand, _Job] = field(default_factory=dict)
    finished: int = 0
    starting: set[Hand] = field(default_factory=set)

    @property
    def frames(self) -> int:
        """Frames that are rendered."""
        return self.finished + sum(job.done for job in self.busy.values())


def render(task: Task, tell: Tell = lambda what, value: None, stop: Stop = lambda: None) -> About:  # noqa: ARG005
    """Render what is missing and join it; what is finished is kept when it fails or `stop` raises."""
    check_suffix(task.out, task.wish)
    with Crew(task.command, task.folder / "tmp") as crew:
        about = _ask(crew, stop)
        store = Store(task.folder, _key(task, about), task.wish, task.ffmpeg)
        every = chunks(about.frames, task.wish.keyframe_group)
        lacking = [part for chunk in every for part in store.missing(chunk)]
        wants_sound = task.wish.audio != "none" and about.sound
        jobs = deque([_Job(None)] if wants_sound and not store.sound.is_file() else [])
        jobs.extend(_Job(chunk) for chunk in lacking)
        state = _State(jobs, finished=about.frames - sum(map(len, lacking)))
        _work(crew, task, store, state, about, tell, stop)
    stop()
    sound = store.sound if wants_sound else task.mix() if task.wish.audio != "none" else None
    untagged = about.version < TAGS_COLOURS
    join(store, every, Joined(task.out, task.wish, about.frames, about.fps, sound, untagged))
    store.clear()
    return about


def _ask(crew: Crew, stop: Stop) -> About:
    hand = crew.hire()
    while True:
        _, message = crew.listen(stop)
        if message["event"] == "ready":
            return About.of(message)
        if message["event"] in ("error", GONE):
            raise _failure(hand, message)


def _key(task: Task, about: About) -> str:
    """What decides the pictures of a video, apart from their range."""
    settings = {
        "export": as_document(task.wish),
        "blender": about.build,
        "frames": [about.first, about.frames, str(about.fps), about.width, about.height],
    }
    return digest(dict.fromkeys((*task.files, *about.files)), settings)


def _work(crew: Crew, task: Task, store: Store, state: _State, about: About, tell: Tell, stop: Stop) -> None:
    """Have every job done, and let the Blenders go that nothing is left for."""
    wanted = task.workers or crew_size.crew_size(
        crew_size.processors(), crew_size.free_memory(), about.memory, about.width * about.height
    )
    number = min(wanted, max(1, len(state.jobs)))
    if state.jobs:
        tell("crew", number)
    tell("frame", (state.frames, about.frames))
    _give(crew.hands[0], store, state)
    for _ in range(number - 1):
        _hire(crew, state)
    while state.jobs or state.busy:
        hand, message = crew.listen(stop)
        _take(crew, hand, message, store, state)
        tell("frame", (state.frames, about.frames))


def _take(crew: Crew, hand: Hand, message: Message, store: Store, state: _State) -> None:
    """Act on one message."""
    event, job = message["event"], state.busy.get(hand)
    if event == "frame" and job is not None:
        job.done = message["frame"] + 1
    elif event == "ready":
        state.starting.discard(hand)
        _give(hand, store, state)
    elif event == "done" and job is not None:
        del state.busy[hand]
        if job.chunk is not None and store.missing(job.chunk):
            _again(job, state, ParallaxError(f"Frames of {job.chunk.start + 1} to {job.chunk.stop} are not whole."))
        else:
            state.finished += len(job.chunk or ())
        _give(hand, store, state)
    elif event == GONE:
        state.starting.discard(hand)
        if job is not None:
            del state.busy[hand]
            _again(job, state, _failure(hand, message))
            _hire(crew, state)
        elif _idle(state):
            # one that ends before it has begun, or when it was let go, is missed only if nobody is left
            raise _failure(hand, message)
    elif event == "error":
        raise _failure(hand, message)


def _idle(state: _State) -> bool:
    """Whether there is work and nobody who does it."""
    return bool(state.jobs) and not state.busy and not state.starting


def _hire(crew: Crew, state: _State) -> None:
    state.starting.add(crew.hire())


def _again(job: _Job, state: _State, error: ParallaxError) -> None:
    """Try a job once more: a Blender may have been ended for its memory, and what it wrote may be cut short."""
    job.tries, job.done = job.tries + 1, 0
    if job.tries >= TRIES:
        raise error
    state.jobs.appendleft(job)


def _give(hand: Hand, store: Store, state: _State) -> None:
    if not state.jobs:
        hand.let_go()
        return
    job = state.jobs.popleft()
    state.busy[hand] = job
    if job.chunk is None:
        hand.send({"sound": str(store.sound.resolve())})
    else:
        path = store.path(job.chunk)
        hand.send({"start": job.chunk.start, "stop": job.chunk.stop, "path": str(path.resolve())})


def _failure(hand: Hand, message: Message) -> ParallaxError:
    words = message.get("message") or "\n".join(hand.chatter) or f"It ended with {message.get('code')}."
    return ParallaxError(f"Blender failed:\n{words}", message.get("hint") or "Run: infinite-parallax doctor")
