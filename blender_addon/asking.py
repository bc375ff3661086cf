"""Questions to a server that take a while: asked in a thread, answered in the main one, never blocking Blender.

One way for all of them, so that an operator is only its question and what to do with the answer. `invoke` waits on a
timer, `execute` until the answer is there, for scripts and for Blender without a window. Python's futures with a pool
were the other road: their threads are joined when Blender quits, which would then wait for a slow server.
"""

import queue
import threading
from collections.abc import Callable
from typing import Any, ClassVar

import bpy

from . import refusals
from .refusals import job_state, reported

PERIOD_S = 0.1

Answer = Any


class Question:
    """A function at work in a thread of its own; `answer` holds what it returned, or the error that it raised."""

    def __init__(self, ask: Callable[[], Answer]) -> None:
        self.answer: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        threading.Thread(target=self._run, args=(ask,), daemon=True).start()

    def _run(self, ask: Callable[[], Answer]) -> None:
        try:
            self.answer.put(ask())
        except BaseException as e:
            self.answer.put(e)


class Asking:
    """The part of an operator that asks: `question` gathers in the main thread and returns what the thread runs.

    `answered` gets what that returned. `title` is shown meanwhile.
    """

    title = "Asking"
    waiting: ClassVar["tuple[Question, Any] | None"] = None

    def question(self, context: Any) -> Callable[[], Answer]:
        """Gather what is needed and return the function that asks; it must not touch `bpy`."""
        raise NotImplementedError

    def answered(self, context: Any, answer: Answer) -> None:
        """Take the answer over, in the main thread."""
        raise NotImplementedError

    def execute(self, context: Any) -> set[str]:
        """Ask and wait."""
        with reported(self):
            self.answered(context, self.question(context)())
            return {"FINISHED"}
        return {"CANCELLED"}

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask beside the interface; one question at a time."""
        if bpy.app.background:
            return self.execute(context)
        with reported(self):
            ask = self.question(context)
            timer = context.window_manager.event_timer_add(PERIOD_S, window=context.window)
            Asking.waiting = Question(ask), timer
            job_state().asking = self.title
            context.window_manager.modal_handler_add(self)
            return {"RUNNING_MODAL"}
        return {"CANCELLED"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Look whether the answer is there."""
        if Asking.waiting is None:
            return {"CANCELLED"}
        if event.type != "TIMER" or Asking.waiting[0].answer.empty():
            return {"PASS_THROUGH"}
        answer = Asking.waiting[0].answer.get()
        let_go()
        refusals.redraw(context)
        with reported(self):
            if isinstance(answer, BaseException):
                raise answer
            self.answered(context, answer)
            return {"FINISHED"}
        return {"CANCELLED"}

    def cancel(self, _context: Any) -> None:
        """Blender ends the operator: another file is opened, or it quits."""
        let_go()


def free(cls: Any) -> bool:
    """Whether nothing is being asked; else the operator says why it is grey."""
    if Asking.waiting is not None:
        cls.poll_message_set("Another question to the server is on its way")
        return False
    return True


def let_go() -> None:
    """Forget a question that is on its way, with its timer; its thread ends by itself."""
    if Asking.waiting is None:
        return
    _, timer = Asking.waiting
    Asking.waiting = None
    bpy.context.window_manager.event_timer_remove(timer)
    job_state().asking = ""
