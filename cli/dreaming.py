"""What the command `dream` does: a sound sent to a server, the frames watched as they are painted, the video fetched.

The server is one of the command's own, on a store named after what is dreamt, or one that runs already; so a dream is
a job as every other, and the same command, run again after Ctrl-C or a power cut, goes on where it was. To paint in
this process was the other road: a second queue, a second way to stop, and nothing that anybody else could watch.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..shared import dream_document, dreaming, settings
from ..shared.client import Client, read_token
from ..shared.dream_document import DreamDocument
from ..shared.dream_settings import Dream
from ..shared.dreaming import DreamWish
from ..shared.errors import UsageError
from ..shared.finishing import Output
from ..shared.flags import given, section_from_args
from ..shared.formats import check_suffix, export
from ..shared.outputs import check_file
from ..shared.painting import Canvas, Preparing, Progress, Warned
from ..shared.sections import Prompt
from ..shared.wire import JobInfo
from .environments import user_data_folder
from .painting import own_server
from .progress import bar, title


def dream(args: argparse.Namespace) -> int:
    """Dream a sound; the exit code."""
    document = document_of(args)
    out = export(document.output)
    check_file(args.out, dreaming.suffix(document))
    if not document.dream.still:
        check_suffix(args.out, out)
    if args.keep is not None and args.server is not None:
        raise UsageError("--keep is for a server of the command's own.", "Leave it away; that server keeps its jobs.")
    wish = DreamWish.read(document, args.sound, args.picture)
    store = args.keep or user_data_folder() / "dreams" / wish.job
    with _client(args, store) as client:
        try:
            info = _watched(client, wish, args.out)
        except KeyboardInterrupt:
            # a server of our own ends with us, and goes on when it is started again
            if args.server is not None:
                client.cancel(wish.job)
            raise
    if args.server is None and args.keep is None:
        shutil.rmtree(store, ignore_errors=True)
    print(f"Wrote {args.out}: {info.steps} frames painted, {info.width}x{info.height} px.")
    return 0


def document_of(args: argparse.Namespace) -> DreamDocument:
    """What the arguments ask for."""
    wish = settings.read(Dream, given(args, "dream") | {"still": args.out.suffix.lower() == ".png"}, "dream")
    prompts = tuple(_prompt(text) for text in args.then)
    output = replace(Output(), **given(args, "output"))
    document = DreamDocument(args.sound.stem, wish, prompts, section_from_args(args, "diffusers"), output)
    return dream_document.from_json(document.to_json())


@contextmanager
def _client(args: argparse.Namespace, store: Path) -> Iterator[Client]:
    if args.server is None:
        with own_server(store) as client:
            yield client
        return
    with Client(args.server, read_token(args.token_file) if args.token_file else "") as client:
        yield client


def _watched(client: Client, wish: DreamWish, path: Path) -> JobInfo:
    """Dream, with a bar for the frames."""
    with ExitStack() as stack:
        bars: list[Any] = []

        def tell(message: Progress | Preparing | Warned | Canvas) -> None:
            if isinstance(message, Warned | Preparing):
                sentence = message.message if isinstance(message, Warned) else message.stage
                print(sentence, file=sys.stderr)
            if isinstance(message, Progress):
                if not bars:
                    bars.append(stack.enter_context(bar(title("dream"), message.of, message.what)))
                bars[0].n = message.done
                bars[0].refresh()

        return dreaming.dream(client, wish, path, tell)


def _prompt(text: str) -> Prompt:
    second, _colon, words = text.partition(":")
    try:
        return settings.read(Prompt, {"at_s": float(second), "prompt": words.strip()}, "--then")
    except ValueError as e:
        raise UsageError(f"--then {text[:40]} does not begin with a second.", "Write it as 4.5:a storm.") from e
