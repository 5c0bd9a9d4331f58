"""Measures Aerie Mini on the phrasings kept back from training, with q4f16_1 weights.

Usage: evaluate.py WORK_FOLDER [--out evaluation.json] [--errors] [--limit N]
An answer counts as right only when greedy decoding gives the topic's answer exactly, up to </s>. That is the case
exactly when the likeliest token is the wanted one at each position of the wanted answer, so one forward pass per
question is enough. For the list of confusions, the first wrong token tells which topics' answers the model could be giving.
"""
import argparse
import json
import random
from collections import Counter
from datetime import date
from pathlib import Path

import torch

from corpus import load_topics
from model import MiniModel, dequantized_copy
from tokenizer import Tokenizer

BATCH = 64
SHOWN_TOKENS = 16  # of a wrong answer; enough to tell which topic's answer it is
DIALOGUE_SEED = 7


def load_quantized(folder: Path) -> MiniModel:
    """The checkpoint with its weights rounded to q4f16_1 and back."""
    saved = torch.load(folder / "checkpoint.pt")
    model = MiniModel(saved["config"])
    model.load_state_dict(saved["model"])
    return dequantized_copy(model)


def build_cases(topics, max_turns: int) -> list[dict]:
    """Each held-out phrasing alone and as a later turn of a random dialogue; followups right after their topic."""
    rng = random.Random(DIALOGUE_SEED)
    by_lang = {lang: [t for t in topics if t.lang == lang] for lang in ("zh", "en")}

    def past(lang: str, turns: int):
        picked = rng.sample(by_lang[lang], turns)
        return [(rng.choice(t.train), t.answer) for t in picked]

    cases = []
    for topic in topics:
        for question in topic.held_out:
            for turns in range(max_turns):
                history = past(topic.lang, turns)
                cases.append({"kind": f"turn{turns + 1}", "topic": topic, "history": history, "question": question, "answer": topic.answer})
        for followup in topic.followups:
            for question in followup.held_out:
                history = [(rng.choice(topic.train), topic.answer)]
                cases.append({"kind": "followup", "topic": topic, "history": history, "question": question, "answer": followup.answer})
    return cases


@torch.no_grad()
def mark_exact(model: MiniModel, tokenizer: Tokenizer, cases: list[dict]) -> None:
    """Sets case["right"] and case["said"] for every case."""
    rows = []
    for case in cases:
        prompt = tokenizer.prompt(case["history"], case["question"])
        rows.append((case, prompt, [*tokenizer.encode(case["answer"]), tokenizer.eos]))
    rows.sort(key=lambda row: len(row[1]) + len(row[2]))
    for start in range(0, len(rows), BATCH):
        chunk = rows[start : start + BATCH]
        ids = torch.zeros(len(chunk), max(len(p) + len(a) for _, p, a in chunk), dtype=torch.long)
        for row, (_, prompt, answer) in enumerate(chunk):
            ids[row, : len(prompt) + len(answer)] = torch.tensor(prompt + answer)
        states = model.states(ids)
        for row, (case, prompt, answer) in enumerate(chunk):
            logits = model.lm_head(states[row, len(prompt) - 1 : len(prompt) + len(answer) - 1])
            likeliest = logits.argmax(-1).tolist()
            case["right"] = likeliest == answer
            same = next((i for i, pair in enumerate(zip(likeliest, answer)) if pair[0] != pair[1]), len(answer))
            case["said"] = likeliest[: same + 1]  # up to the first wrong token


@torch.no_grad()
def decode_greedily(model: MiniModel, tokenizer: Tokenizer, history, question: str) -> str:
    """The beginning of the model's own answer, token by token with a KV cache."""
    caches = [[] for _ in range(model.config.layers)]
    ids = tokenizer.prompt(history, question)
    states = model.states(torch.tensor([ids]), 0, caches)
    past, answer = len(ids), []
    while len(answer) < SHOWN_TOKENS:
        token = int(model.lm_head(states[0, -1]).argmax())
        if token == tokenizer.eos:
            break
        answer.append(token)
        states = model.states(torch.tensor([[token]]), past, caches)
        past += 1
    return tokenizer.decode(answer)


def summarize(cases: list[dict]) -> dict:
    """Shares of exactly right answers per language and kind."""
    report = {}
    for lang in ("zh", "en"):
        report[lang] = {}
        for kind in sorted({c["kind"] for c in cases}):
            chosen = [c["right"] for c in cases if c["topic"].lang == lang and c["kind"] == kind]
            report[lang][kind] = {"right": sum(chosen), "of": len(chosen), "share": round(sum(chosen) / max(1, len(chosen)), 4)}
    return report


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--errors", action="store_true", help="print each first-turn error")
    parser.add_argument("--turns", type=int, default=4, help="longest dialogue to measure")
    options = parser.parse_args()
    torch.set_num_threads(1)
    tokenizer = Tokenizer(options.folder)
    model = load_quantized(options.folder)
    topics = load_topics()
    cases = build_cases(topics, options.turns)
    mark_exact(model, tokenizer, cases)
    print(json.dumps(summarize(cases), indent=1), flush=True)
    report = {"date": date.today().isoformat(), "weights": "q4f16_1, dequantised", "decoding": "greedy", "scores": summarize(cases)}

    answers = [(t.lang, t.id, tokenizer.encode(t.answer)) for t in topics]
    confusions: Counter = Counter()
    for case in cases:
        if case["right"] or case["kind"] != "turn1":
            continue
        topic, said = case["topic"], case["said"]
        given = [i for lang, i, ids in answers if lang == topic.lang and ids[: len(said)] == said]
        label = " or ".join(given) if 0 < len(given) <= 3 else "another text"
        confusions[f"{topic.lang}: {topic.id} -> {label}"] += 1
        if options.errors:
            print(f"{topic.lang} {topic.id} -> {label} | {case['question']} | {decode_greedily(model, tokenizer, case['history'], case['question'])}")
    report["most_confused_first_turns"] = dict(confusions.most_common(25))
    print(json.dumps(report["most_confused_first_turns"], indent=1, ensure_ascii=False))
    if options.out:
        options.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
