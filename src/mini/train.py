"""Trains Aerie Mini from scratch on one CPU thread.

Usage: train.py WORK_FOLDER --minutes 40 [--resume]
WORK_FOLDER holds the tokenizer files (tokenizer_train.py writes them) and receives checkpoint.pt.
The schedule follows training time, not steps, so that the run ends when its minutes are used up; in the
last part the weights are rounded to q4f16_1 in the forward pass. evaluate.py measures, export.py writes the folder
that the converter reads.
"""
import argparse
import math
import random
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from corpus import DialogueMaker, load_topics
from model import MiniModel, ModelConfig, QuantizableLinear
from tokenizer import Tokenizer

BATCH_TOKENS = 3072  # padded tokens per optimiser step
POOL_DIALOGUES = 768  # dialogues drawn at once, then cut into batches of like length
PEAK_RATE = 1.5e-3
QUANTIZE_FROM = 0.7  # share of the run after which weights are rounded
CHECKPOINT_SECONDS = 300
# Which answer follows is decided in its first tokens; reciting the rest is learnt soon. So most samples end
# early in the last answer, which lets the model see more questions per second.
SHORT_SHARE = 0.9
SHORT_TOKENS = (2, 10)
NOISE_SHARE = 0.06  # share of question tokens replaced by random ones in half of the samples
BPE_DROPOUT = 0.08


def encode_dialogue(tokenizer: Tokenizer, turns) -> tuple[list[int], list[bool]]:
    """Ids of a dialogue and, for each id, whether it is a target (answers and their </s>)."""
    ids, targets = [], []
    for index, (question, answer) in enumerate(turns):
        dropout = BPE_DROPOUT if random.random() < 0.5 else 0.0
        asked = tokenizer.encode(question, dropout)
        if len(asked) > 3 and random.random() < 0.5:
            asked = [random.randrange(1, tokenizer.size) if random.random() < NOISE_SHARE else token for token in asked]
        head = [tokenizer.start, *asked, tokenizer.end]
        if index == len(turns) - 1:
            head.append(tokenizer.space)
        body = [*tokenizer.encode(answer), tokenizer.eos]
        if index == len(turns) - 1 and random.random() < SHORT_SHARE:
            body = body[: random.randint(*SHORT_TOKENS)]
        # Past answers are targets too: each is one more choice of an answer to learn from.
        ids += head + body
        targets += [False] * len(head) + [True] * len(body)
    return ids, targets


def batches(maker: DialogueMaker, tokenizer: Tokenizer):
    """Endless (ids [batch, tokens], targets [batch, tokens] bool) of at most BATCH_TOKENS padded tokens."""
    while True:
        pool = sorted((encode_dialogue(tokenizer, maker.dialogue()) for _ in range(POOL_DIALOGUES)), key=lambda s: len(s[0]))
        cuts, current = [], []
        for sample in pool:
            if current and len(sample[0]) * (len(current) + 1) > BATCH_TOKENS:
                cuts.append(current)
                current = []
            current.append(sample)
        random.shuffle(cuts)
        for cut in cuts:
            width = max(len(ids) for ids, _ in cut)
            ids = torch.zeros(len(cut), width, dtype=torch.long)
            targets = torch.zeros(len(cut), width, dtype=torch.bool)
            for row, (sample_ids, sample_targets) in enumerate(cut):
                ids[row, : len(sample_ids)] = torch.tensor(sample_ids)
                targets[row, : len(sample_ids)] = torch.tensor(sample_targets)
            yield ids, targets


def answer_loss(model: MiniModel, ids, targets):
    """Mean cross-entropy over the target tokens, and the share predicted right."""
    states = model.states(ids[:, :-1])
    chosen = targets[:, 1:]
    logits = model.lm_head(states[chosen])
    wanted = ids[:, 1:][chosen]
    return F.cross_entropy(logits, wanted, label_smoothing=0.02), (logits.argmax(-1) == wanted).float().mean()


def learning_rate(progress: float, peak: float) -> float:
    """Short warm-up, then a cosine to 2 % of the peak."""
    if progress < 0.02:
        return peak * progress / 0.02
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))


def make_optimizer(model: MiniModel):
    matrices = [p for p in model.parameters() if p.dim() == 2]
    norms = [p for p in model.parameters() if p.dim() == 1]
    groups = [{"params": matrices, "weight_decay": 0.05}, {"params": norms, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98))


def save(path: Path, model, optimizer, state: dict) -> None:
    """Writes beside the old checkpoint and renames, so that a reader never sees half a file."""
    partial = path.with_suffix(".partial")
    torch.save({"config": model.config, "model": model.state_dict(), "optimizer": optimizer.state_dict(), **state}, partial)
    partial.rename(path)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--resume", action="store_true", help="continue an interrupted run")
    parser.add_argument("--again", action="store_true", help="start a new schedule from the checkpoint's weights")
    parser.add_argument("--peak", type=float, default=PEAK_RATE)
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    random.seed(options.seed)

    tokenizer = Tokenizer(options.folder)
    config = ModelConfig(tokenizer.size, hidden_size=192, intermediate_size=512, layers=4, heads=3, kv_heads=1)
    model = MiniModel(config, options.dropout)
    optimizer = make_optimizer(model)
    path = options.folder / "checkpoint.pt"
    state = {"step": 0, "seconds": 0.0, "total_seconds": 0.0}
    if options.resume or options.again:
        saved = torch.load(path)
        model.load_state_dict(saved["model"])
        state["total_seconds"] = saved["total_seconds"]
        if options.resume:
            optimizer.load_state_dict(saved["optimizer"])
            state.update(step=saved["step"], seconds=saved["seconds"])
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters", flush=True)

    stream = batches(DialogueMaker(load_topics(), options.seed + state["step"]), tokenizer)
    budget = options.minutes * 60
    last_save, last_log = state["seconds"], state["seconds"]
    sums = [0.0, 0.0, 0, 0]
    model.train()
    while state["seconds"] < budget:
        began = time.monotonic()
        progress = state["seconds"] / budget
        QuantizableLinear.simulate_q4 = progress > QUANTIZE_FROM
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(progress, options.peak)
        ids, targets = next(stream)
        loss, accuracy = answer_loss(model, ids, targets)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        spent = time.monotonic() - began
        state = {"step": state["step"] + 1, "seconds": state["seconds"] + spent, "total_seconds": state["total_seconds"] + spent}
        sums = [sums[0] + loss.item(), sums[1] + accuracy.item(), sums[2] + 1, sums[3] + ids.numel()]
        if state["seconds"] - last_log > 20:
            rate = sums[3] / (state["seconds"] - last_log)
            print(
                f"step {state['step']} minute {state['seconds'] / 60:.1f} loss {sums[0] / sums[2]:.3f}"
                f" tokens right {sums[1] / sums[2]:.3f} {rate:.0f} tokens/s", flush=True,
            )
            sums, last_log = [0.0, 0.0, 0, 0], state["seconds"]
        if state["seconds"] - last_save > CHECKPOINT_SECONDS:
            save(path, model, optimizer, state)
            last_save = state["seconds"]
    save(path, model, optimizer, state)
    print(f"done: {state['step']} steps, {state['total_seconds'] / 60:.1f} minutes of training", flush=True)


if __name__ == "__main__":
    main()
