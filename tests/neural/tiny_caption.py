"""A BLIP of random weights with a vocabulary of a few words: its captions are nonsense, and always the same."""

import string
from pathlib import Path

import torch
from transformers import BertTokenizer, BlipConfig, BlipForConditionalGeneration, BlipImageProcessor, BlipProcessor

WORDS = ("a", "the", "tree", "sky", "cloud", "water", "mountain", "of", "painting", ".", ",")


def blip(folder: Path) -> Path:
    """The model with its processor in a folder."""
    torch.manual_seed(0)
    folder.mkdir()
    letters = [*string.ascii_lowercase[1:], *(f"##{letter}" for letter in string.ascii_lowercase)]
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, *letters]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    tokenizer = BertTokenizer.from_pretrained(folder, do_lower_case=True)
    tokenizer.add_special_tokens({"bos_token": "[DEC]"})
    width = {"hidden_size": 32, "intermediate_size": 37, "projection_dim": 16}
    layers = {"num_hidden_layers": 2, "num_attention_heads": 2}
    text = {
        "vocab_size": len(tokenizer) + 1,
        "encoder_hidden_size": 32,
        "max_position_embeddings": 64,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.sep_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "sep_token_id": tokenizer.sep_token_id,
    }
    config = BlipConfig(
        text_config=width | layers | text,
        vision_config=width | layers | {"image_size": 32, "patch_size": 8},
        projection_dim=16,
        image_text_hidden_size=16,
    )
    BlipForConditionalGeneration(config).save_pretrained(folder)
    BlipProcessor(BlipImageProcessor(size={"height": 32, "width": 32}), tokenizer).save_pretrained(folder)
    return folder
