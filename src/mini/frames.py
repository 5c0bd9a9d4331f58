"""Sentence frames that put a topic's key phrases into questions. Used by corpus.py for training only.

A topic may list, beside whole questions, actions ("rename a chat"), things ("top-p") and problems ("the GPU is not
found"); one frame of the kind turns such a phrase into a question.
"""
import random

FRAMES = {
    "zh": {
        "actions": ["怎么{}", "怎么{}", "如何{}", "怎样{}", "{}", "我想{}", "我要{}", "可以{}吗", "能{}吗", "能不能{}", "怎样才能{}", "{}怎么弄",
                    "{}怎么操作", "在哪里{}", "哪里可以{}", "{}的方法", "有办法{}吗", "帮我{}", "请教怎么{}", "支持{}吗", "{}要怎么做", "不会{}", "{}的步骤",
                    "该怎么{}", "有没有办法{}", "{}可以吗", "想{}该怎么办", "允许{}吗", "{}行吗"],
        "things": ["{}", "{}是什么", "{}是什么", "什么是{}", "{}什么意思", "{}是啥", "介绍一下{}", "解释一下{}", "{}有什么用", "{}怎么理解", "讲讲{}", "{}是干嘛的",
                   "关于{}", "说说{}", "{}的意思", "{}是什么东西", "什么叫{}", "我想了解{}", "{}呢", "看不懂{}", "你知道{}吗", "{}介绍"],
        "problems": ["{}", "{}", "{}怎么办", "{}怎么办", "为什么{}", "{}怎么回事", "{}，怎么解决", "{}是什么原因", "怎么{}", "老是{}", "总是{}", "{}正常吗",
                     "如果{}怎么办", "{}，咋办", "{}了", "我这里{}", "{}该怎么处理", "遇到{}", "{}会怎样", "要是{}呢", "{}，帮帮我", "万一{}呢", "现在{}"],
    },
    "en": {
        "actions": ["how do I {}", "how do I {}", "how to {}", "how can I {}", "can I {}", "{}", "I want to {}", "is it possible to {}",
                    "is there a way to {}", "where do I {}", "where can I {}", "what do I do to {}", "I need to {}", "steps to {}", "help me {}",
                    "I'd like to {}", "I don't know how to {}", "am I able to {}", "does Aerie let me {}", "could I {}", "what is the way to {}",
                    "may I {}", "I am trying to {}", "how does one {}", "can you {}", "what if I want to {}", "I can't {}"],
        "things": ["what is {}", "what is {}", "what's {}", "{}", "explain {}", "what does {} mean", "tell me about {}", "meaning of {}", "define {}",
                   "what is {} for", "describe {}", "what do you mean by {}", "info on {}", "what are {}", "what about {}", "I don't understand {}",
                   "about {}", "why {}", "do you know {}", "what does {} do", "how does {} work", "can you explain {}"],
        "problems": ["{}", "{}", "{}, what can I do", "{}, what now", "help, {}", "{}, how do I fix it", "what if {}", "what should I do when {}",
                     "what to do if {}", "why is it that {}", "problem: {}", "{}, why", "what happens if {}", "what happens when {}", "{}, is that normal",
                     "now {}", "I have a problem: {}", "{} again", "sometimes {}", "{} and I don't know why", "suppose {}"],
    },
}
KINDS = ("actions", "things", "problems")


def frame(lang: str, kind: str, phrase: str, rng: random.Random) -> str:
    """A question built from one key phrase."""
    return rng.choice(FRAMES[lang][kind]).format(phrase)
