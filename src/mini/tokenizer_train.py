"""Trains Aerie Mini's byte-level BPE on the corpus and writes vocab.json, merges.txt and tokenizer*.json.

Usage: tokenizer_train.py OUT_FOLDER
Ids: 0 <|endoftext|>, 1-256 bytes in GPT-2's order, merges, and the eight Aquila specials last.
"""
import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

from corpus import load_topics
from tokenizer import ALPHABET, END_OF_TEXT, SPECIALS, split_pieces, to_alphabet

VOCABULARY_SIZE = 3584
# Chinese has no blanks, so merges would swallow whole questions and other wordings would look unrelated:
# a token with bytes outside ASCII holds at most two Chinese characters.
MAX_WIDE_BYTES = 6
MIN_PAIR_COUNT = 3


def count_pieces(topics) -> Counter:
    """How often each piece occurs in questions and answers."""
    counts: Counter = Counter()
    for topic in topics:
        for text in topic.all_texts():
            counts.update(split_pieces(text))
            counts.update(split_pieces(text.lower()))
    return counts


def may_merge(left: str, right: str) -> bool:
    joined = left + right
    is_ascii = all(ord(c) < 127 or c == ALPHABET[32] for c in joined)
    return is_ascii or len(joined) <= MAX_WIDE_BYTES


def learn_merges(counts: Counter, wanted: int) -> list[tuple[str, str]]:
    """The `wanted` most frequent merges in order, ties broken by text."""
    words = [(list(to_alphabet(piece)), count) for piece, count in sorted(counts.items())]
    pair_counts: Counter = Counter()
    where = defaultdict(set)
    for index, (symbols, count) in enumerate(words):
        for pair in zip(symbols, symbols[1:]):
            pair_counts[pair] += count
            where[pair].add(index)
    merges = []
    while len(merges) < wanted:
        candidates = [(n, pair) for pair, n in pair_counts.items() if n >= MIN_PAIR_COUNT and may_merge(*pair)]
        if not candidates:
            break
        best = max(candidates)[1]
        merges.append(best)
        for index in where.pop(best):
            symbols, count = words[index]
            for pair in zip(symbols, symbols[1:]):
                pair_counts[pair] -= count
            position = 0
            while position < len(symbols) - 1:
                if (symbols[position], symbols[position + 1]) == best:
                    symbols[position : position + 2] = ["".join(best)]
                position += 1
            for pair in zip(symbols, symbols[1:]):
                pair_counts[pair] += count
                where[pair].add(index)
        del pair_counts[best]
    return merges


def write_files(merges: list[tuple[str, str]], folder: Path, context_tokens: int) -> None:
    """vocab.json, merges.txt, tokenizer.json, tokenizer_config.json in Hugging Face's formats."""
    gpt2_order = sorted(ALPHABET, key=ord)
    vocabulary = {name: i for i, name in enumerate([END_OF_TEXT, *gpt2_order, *("".join(m) for m in merges)])}
    if len(vocabulary) != 257 + len(merges):
        raise ValueError("two merges make the same token")
    first_special = len(vocabulary)
    ids = {END_OF_TEXT: 0, **{name: first_special + i for i, name in enumerate(SPECIALS)}}
    added = [
        {"id": i, "content": name, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for name, i in ids.items()
    ]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    bpe = {
        "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
        "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
        "vocab": vocabulary, "merges": [" ".join(merge) for merge in merges],
    }
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
        "pre_tokenizer": byte_level, "post_processor": None, "decoder": byte_level, "model": bpe,
    }
    config = {
        "bos_token": "[CLS]", "eos_token": "</s>", "unk_token": END_OF_TEXT, "pad_token": END_OF_TEXT,
        "tokenizer_class": "GPT2Tokenizer", "add_prefix_space": False, "model_max_length": context_tokens,
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in (("vocab.json", vocabulary), ("tokenizer.json", tokenizer), ("tokenizer_config.json", config)):
        (folder / name).write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    lines = ["#version: 0.2", *(" ".join(merge) for merge in merges)]
    (folder / "merges.txt").write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{first_special + len(SPECIALS)} entries, {len(merges)} merges")


if __name__ == "__main__":
    merges = learn_merges(count_pieces(load_topics()), VOCABULARY_SIZE - 257 - len(SPECIALS))
    write_files(merges, Path(sys.argv[1]), context_tokens=1024)
