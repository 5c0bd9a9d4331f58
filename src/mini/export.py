"""Writes a checkpoint as a Hugging Face style folder (config.json, model.safetensors f16, tokenizer files).

Usage: export.py WORK_FOLDER OUT_FOLDER
The project's converter turns that folder into the MLC package.
"""
import json
import shutil
import struct
import sys
from pathlib import Path

import torch

from model import ModelConfig
from tokenizer import Tokenizer

TOKENIZER_FILES = ("vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json")


def write_safetensors(tensors: dict, path: Path) -> None:
    """8 bytes of header length (little endian), JSON header padded to 8 bytes, then the f16 data."""
    header, chunks, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in tensors.items():
        data = tensor.half().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F16", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(data)]}
        chunks.append(data)
        offset += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(chunks))


def hf_config(config: ModelConfig, tokenizer: Tokenizer) -> dict:
    return {
        "architectures": ["AquilaForCausalLM"],
        "model_type": "aquila",
        "_name_or_path": "aerie-mini",
        "hidden_size": config.hidden_size,
        "intermediate_size": config.intermediate_size,
        "num_hidden_layers": config.layers,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.kv_heads,
        "vocab_size": config.vocab_size,
        "rms_norm_eps": config.norm_eps,
        "max_position_embeddings": config.context_tokens,
        "rope_theta": config.rope_theta,
        "hidden_act": "silu",
        "bos_token_id": tokenizer.specials["[CLS]"],
        "eos_token_id": tokenizer.eos,
        "pad_token_id": 0,
        "tie_word_embeddings": False,
        "torch_dtype": "float16",
        "use_cache": True,
    }


def main() -> None:
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    saved = torch.load(source / "checkpoint.pt")
    tokenizer = Tokenizer(source)
    write_safetensors(saved["model"], out / "model.safetensors")
    (out / "config.json").write_text(json.dumps(hf_config(saved["config"], tokenizer), indent=1), "utf-8")
    (out / "generation_config.json").write_text(
        json.dumps({"bos_token_id": tokenizer.specials["[CLS]"], "eos_token_id": tokenizer.eos, "temperature": 0.0}), "utf-8"
    )
    for name in TOKENIZER_FILES:
        shutil.copyfile(source / name, out / name)


if __name__ == "__main__":
    main()
