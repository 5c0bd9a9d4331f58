"""Byte-level BPE in the Aquila style, for training and evaluation in Python.

Same pieces and merges as the application's own tokenizer; tokenizer_train.py makes the files.
Python's `re` has no \\p classes, so `split_pieces` walks GPT-2's expression by hand.
"""
import json
import random
import unicodedata
from functools import lru_cache
from pathlib import Path

SPECIALS = ["<|startofpiece|>", "<|endofpiece|>", "<|LDWANG|>", "[MASK]", "[gMASK]", "[sMASK]", "[CLS]", "</s>"]
END_OF_TEXT = "<|endoftext|>"
CONTRACTIONS = ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")


def byte_alphabet() -> list[str]:
    """GPT-2's printable character for each byte value 0..255."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    shifted = {byte: chr(256 + index) for index, byte in enumerate(b for b in range(256) if b not in printable)}
    return [shifted.get(byte, chr(byte)) for byte in range(256)]


ALPHABET = byte_alphabet()
BYTE_OF = {character: byte for byte, character in enumerate(ALPHABET)}


def _kind(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace():
        return "space"
    return {"L": "letter", "N": "number"}.get(category[0], "other")


def split_pieces(text: str) -> list[str]:
    r"""The matches of 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+ in order."""
    pieces, start = [], 0
    while start < len(text):
        contraction = next((c for c in CONTRACTIONS if text.startswith(c, start)), None)
        if contraction:
            end = start + len(contraction)
        else:
            body = start + 1 if text[start] == " " and start + 1 < len(text) else start
            if _kind(text[body]) == "space":
                end = start
                while end < len(text) and _kind(text[end]) == "space":
                    end += 1
                # \s+(?!\S) gives the last blank back to the word that follows it.
                if end < len(text) and end - start > 1:
                    end -= 1
            else:
                end = body
                while end < len(text) and _kind(text[end]) == _kind(text[body]):
                    end += 1
        pieces.append(text[start:end])
        start = end
    return pieces


def to_alphabet(piece: str) -> tuple[str, ...]:
    """A piece as one alphabet character per UTF-8 byte."""
    return tuple(ALPHABET[byte] for byte in piece.encode("utf-8"))


class Tokenizer:
    """Encoder and decoder over vocab.json and merges.txt of a folder."""

    def __init__(self, folder: Path):
        self.ids = json.loads((folder / "vocab.json").read_text("utf-8"))
        lines = (folder / "merges.txt").read_text("utf-8").splitlines()[1:]
        self.ranks = {tuple(line.split(" ")): rank for rank, line in enumerate(lines)}
        self.specials = {name: len(self.ids) + index for index, name in enumerate(SPECIALS)}
        self.size = len(self.ids) + len(SPECIALS)
        self.start, self.end = self.specials["<|startofpiece|>"], self.specials["<|endofpiece|>"]
        self.eos = self.specials["</s>"]
        self.space = self.ids[ALPHABET[32]]
        self.texts = {i: name for name, i in self.ids.items()}
        self._piece = lru_cache(maxsize=100_000)(self._merge)

    def _merge(self, piece: str, dropout: float = 0.0) -> tuple[int, ...]:
        symbols = list(to_alphabet(piece))
        while len(symbols) > 1:
            pairs = [
                (self.ranks[pair], index)
                for index, pair in enumerate(zip(symbols, symbols[1:]))
                if pair in self.ranks and not (dropout and random.random() < dropout)
            ]
            if not pairs:
                break
            _, index = min(pairs)
            symbols[index : index + 2] = [symbols[index] + symbols[index + 1]]
        return tuple(self.ids[symbol] for symbol in symbols)

    def encode(self, text: str, dropout: float = 0.0) -> list[int]:
        """Ids of plain text (no specials). dropout: share of merges skipped at random, for training only."""
        merge = (lambda piece: self._merge(piece, dropout)) if dropout else self._piece
        return [i for piece in split_pieces(text) for i in merge(piece)]

    def decode(self, ids: list[int]) -> str:
        """Text of ids without specials; broken UTF-8 becomes U+FFFD."""
        data = bytes(BYTE_OF[c] for i in ids if 0 < i < len(self.ids) for c in self.texts[i])
        return data.decode("utf-8", errors="replace")

    def prompt(self, history: list[tuple[str, str]], question: str, dropout: float = 0.0) -> list[int]:
        """Template aquila-v1 up to the answer: past turns have no space, the open one ends in a space."""
        ids = []
        for past_question, past_answer in history:
            ids += [self.start, *self.encode(past_question, dropout), self.end, *self.encode(past_answer), self.eos]
        return [*ids, self.start, *self.encode(question, dropout), self.end, self.space]
