"""What is particular about ComfyUI as an engine: workflows, its queue, its history."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from infinite_parallax.inpaint_server.engines.comfy_workflow import OWN, filled, parse
from infinite_parallax.shared.errors import Cancelled

from .painting_comfy import Comfy
from .painting_servers import as_json
from .remote_asking import paint, refusal


@pytest.fixture
def comfy() -> Iterator[Comfy]:
    with Comfy() as started:
        yield started


@pytest.mark.parametrize("waiting_before", [0, 1])
def test_a_cancel_stops_our_prompt_and_no_other(comfy: Comfy, waiting_before: int) -> None:
    comfy.polls = 10**6
    if waiting_before:
        comfy.queue["another"] = {}
    with pytest.raises(Cancelled):
        paint(comfy, cancelled=lambda: len(comfy.asked("/history/prompt-1")) > 1)
    assert list(comfy.queue) == ["another"] * waiting_before
    assert len(comfy.asked("/interrupt")) == 1 - waiting_before


def test_comfy_takes_the_first_checkpoint_for_inpainting(comfy: Comfy) -> None:
    paint(comfy)
    workflow = json.loads(comfy.asked("/prompt")[0].body)["prompt"]
    assert workflow["1"]["inputs"]["ckpt_name"] == "dream-inpainting.safetensors"
    assert workflow["2"]["inputs"]["image"].endswith("-picture.png [temp]")


def test_comfy_with_a_workflow_of_ones_own(comfy: Comfy) -> None:
    own = json.loads(
        json.dumps(OWN).replace('"{model}"', '"sd_xl.safetensors"').replace('"{prompt}"', '"oil, {prompt}"')
    )
    own["9"] = {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "x"}}
    paint(comfy, workflow=json.dumps(own))
    workflow = json.loads(comfy.asked("/prompt")[0].body)["prompt"]
    assert workflow["4"]["inputs"]["text"] == "oil, a river"
    assert workflow["7"]["inputs"]["seed"] == 7
    assert workflow["1"]["inputs"]["ckpt_name"] == "sd_xl.safetensors"


def test_a_prompt_may_hold_braces() -> None:
    values = dict.fromkeys(("picture", "mask", "negative_prompt", "model"), "x") | {"prompt": "a {seed} {odd}"}
    made = filled(parse(json.dumps(OWN)), values | dict.fromkeys(("seed", "steps", "width", "height"), 3) | NUMBERS)
    assert made["4"]["inputs"]["text"] == "a {seed} {odd}"
    assert made["7"]["inputs"]["seed"] == 3
    assert OWN["7"]["inputs"]["seed"] == "{seed}"


NUMBERS: dict[str, Any] = {"guidance": 1.0, "strength": 1.0, "sampler": "euler", "scheduler": "normal"}


def test_a_failed_workflow_tells_its_node(comfy: Comfy) -> None:
    comfy.broken = True
    told = refusal(lambda: paint(comfy))
    assert "KSampler failed: out of memory" in told.message


def test_a_prompt_that_is_lost(comfy: Comfy) -> None:
    comfy.faults = [("/queue", as_json({"queue_running": [], "queue_pending": []})) for _ in range(3)]
    comfy.polls = 10**6
    told = refusal(lambda: paint(comfy))
    assert "lost" in told.message
