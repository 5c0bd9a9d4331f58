"""Reads the hand-written topics, keeps some phrasings back for evaluation, and makes training dialogues.

A topic file (part*.jsonl) has one JSON object per line: id, lang, questions, answer, followups (questions that
only make sense after this topic, with their answer). more-*.jsonl and extra-*.jsonl hold further questions and key
phrases (frames.py), for training only.
corpus/heldout.json is the list of phrasings kept back; `corpus.py --split` draws it anew.
"""
import hashlib
import json
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

from augment import vary
from frames import KINDS, frame

CORPUS = Path(__file__).parent / "corpus"
HELD_OUT_SHARE = 0.15

# Two authors wrote about the same matter: the second topic's questions get the first topic's answer.
SAME_TOPIC = {
    "what-webgpu": "what-is-webgpu", "slow": "speed", "clear-data": "clear-site-data", "sync-devices": "sync",
    "context-full": "context-overflow", "ziya-delta@2": "ziya-merge", "tok-per-sec": "speed-display",
    "model-size": "gpu-memory", "wrong": "mistakes",
}


@dataclass
class Followup:
    """Questions that continue a topic, and their answer."""

    train: list[str]
    held_out: list[str]
    answer: str


@dataclass
class Topic:
    """One answer and the phrasings that ask for it."""

    id: str
    lang: str
    train: list[str]
    held_out: list[str]
    answer: str
    followups: list[Followup] = field(default_factory=list)
    phrases: list[tuple[str, str]] = field(default_factory=list)  # (kind, key phrase)

    def all_texts(self):
        """Every training text, repeated as often as it should weigh in the tokenizer."""
        yield from self.train
        yield self.answer
        for followup in self.followups:
            yield from followup.train
            yield followup.answer


def _normal(question: str) -> str:
    return question.lower().strip(" ?？。.!！~")


def split_held_out(key: str, questions: list[str]) -> tuple[list[str], list[str]]:
    """A fixed random share of the phrasings: (train, held out), the same on every machine."""
    ordered = sorted(questions, key=lambda q: hashlib.sha256(f"{key}|{q}".encode()).digest())
    kept_back = max(1, round(len(questions) * HELD_OUT_SHARE))
    return sorted(ordered[kept_back:]), sorted(ordered[:kept_back])


def _read_held_out() -> dict[str, dict] | None:
    """The rows of heldout.json by "lang/id", or None before the first split."""
    path = CORPUS / "heldout.json"
    if not path.exists():
        return None
    return {f"{row['lang']}/{row['id']}": row for row in json.loads(path.read_text("utf-8"))}


def _read_more() -> dict[str, dict]:
    """Questions and key phrases for training only, by "lang/id"."""
    more: dict[str, dict] = {}
    for path in sorted([*CORPUS.glob("more-*.jsonl"), *CORPUS.glob("extra-*.jsonl")]):
        for line in path.read_text("utf-8").splitlines():
            entry = json.loads(line)
            known = more.setdefault(f"{entry['lang']}/{entry['id']}", {})
            for name in ("questions", *KINDS):
                known[name] = known.get(name, []) + entry.get(name, [])
    return more


def _split(key: str, questions: list[str], kept_back: list[str] | None) -> tuple[list[str], list[str]]:
    """(train, held out) by the list of kept-back phrasings, or a new draw where there is no list."""
    if kept_back is None:
        return split_held_out(key, questions)
    return [q for q in questions if q not in set(kept_back)], [q for q in questions if q in set(kept_back)]


def _read_raw() -> list[dict]:
    raw: dict[tuple[str, str], dict] = {}
    canonical_answers: dict[str, str] = {}
    for part in sorted(CORPUS.glob("part*-*.jsonl")):
        number = part.name[len("part")]
        for line in part.read_text("utf-8").splitlines():
            entry = json.loads(line)
            entry["id"] = SAME_TOPIC.get(f"{entry['id']}@{number}", SAME_TOPIC.get(entry["id"], entry["id"]))
            known = raw.setdefault((entry["lang"], entry["id"]), {**entry, "questions": [], "followups": []})
            canonical_answers[entry["answer"]] = known["answer"]
            known["questions"] += entry["questions"]
            known["followups"] += entry.get("followups", [])
    for entry in raw.values():
        for followup in entry["followups"]:
            followup["answer"] = canonical_answers.get(followup["answer"], followup["answer"])
    return list(raw.values())


def load_topics() -> list[Topic]:
    """All topics; a phrasing that two topics claim stays with the first."""
    listed, more = _read_held_out(), _read_more()
    held_everywhere = {(r["lang"], _normal(q)) for r in (listed or {}).values() for q in r["questions"]}
    topics, taken = [], set()
    for entry in _read_raw():
        key = f"{entry['lang']}/{entry['id']}"
        questions = []
        for question in entry["questions"]:
            mark = (entry["lang"], _normal(question) or question)
            if mark not in taken:
                taken.add(mark)
                questions.append(question)
        row = listed[key] if listed else None
        train, held_out = _split(key, questions, row and row["questions"])
        followups = [
            Followup(*_split(f"{key}/{i}", list(dict.fromkeys(f["questions"])), row and row["followups"][i]), f["answer"])
            for i, f in enumerate(entry["followups"])
        ]
        further = more.pop(key, {})
        barred = held_everywhere | taken
        extra = [q for q in further.get("questions", []) if (entry["lang"], _normal(q)) not in barred]
        phrases = [(kind, phrase) for kind in KINDS for phrase in further.get(kind, [])]
        topics.append(Topic(entry["id"], entry["lang"], train + extra, held_out, entry["answer"], followups, phrases))
    if more:
        raise ValueError(f"more-*.jsonl or extra-*.jsonl names unknown topics: {sorted(more)}")
    return topics


Turn = tuple[str, str]


class DialogueMaker:
    """Draws random dialogues; the same seed gives the same stream."""

    def __init__(self, topics: list[Topic], seed: int):
        self.random = random.Random(seed)
        # A frame may by chance rebuild a question that is kept back for evaluation; such draws are thrown away.
        self.held_out = {(t.lang, _normal(q)) for t in topics for q in t.held_out}
        self.topics = {lang: [t for t in topics if t.lang == lang] for lang in ("zh", "en")}
        # Topics with many phrasings (questions Aerie Mini cannot answer) need more draws, but not in proportion.
        self.weights = {lang: [len(t.train) ** 0.6 for t in ts] for lang, ts in self.topics.items()}

    def topic(self, lang: str) -> Topic:
        return self.random.choices(self.topics[lang], self.weights[lang])[0]

    def question(self, topic: Topic) -> str:
        """A varied training question of the topic."""
        while True:
            if topic.phrases and self.random.random() < 0.35:
                question = frame(topic.lang, *self.random.choice(topic.phrases), self.random)
            else:
                question = self.random.choice(topic.train)
            question = vary(question, topic.lang, self.random)
            if (topic.lang, _normal(question)) not in self.held_out:
                return question

    def dialogue(self) -> list[Turn]:
        """One to five (question, answer) turns, questions varied; about half of the draws have one turn."""
        wanted = self.random.choices((1, 2, 3, 4, 5), (55, 20, 12, 8, 5))[0]
        lang = self.random.choice(("zh", "en"))
        turns: list[Turn] = []
        while len(turns) < wanted:
            topic = self.topic(lang if self.random.random() < 0.92 else self.random.choice(("zh", "en")))
            turns.append((self.question(topic), topic.answer))
            if topic.followups and len(turns) < wanted and self.random.random() < 0.6:
                followup = self.random.choice(topic.followups)
                turns.append((vary(self.random.choice(followup.train), topic.lang, self.random), followup.answer))
        return turns


def write_held_out(topics: list[Topic]) -> None:
    """Lists the phrasings kept back in corpus/heldout.json."""
    rows = [
        {"id": t.id, "lang": t.lang, "questions": t.held_out, "followups": [f.held_out for f in t.followups]}
        for t in topics
    ]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (CORPUS / "heldout.json").write_text(f"[\n{lines}\n]\n", "utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--split"]:
        (CORPUS / "heldout.json").unlink(missing_ok=True)
        write_held_out(load_topics())
    found = load_topics()
    print(f"{len(found)} topics, {sum(len(t.train) for t in found)} phrasings, {sum(len(t.held_out) for t in found)} kept back")
