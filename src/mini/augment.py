"""Random variations of a question that do not change what it asks. Used by corpus.py for training only."""
import random
import re

PREFIXES = {
    "zh": ["请问", "请问", "请问一下，", "你好，", "您好，", "麻烦问下", "麻烦问一下，", "我想问", "我想知道", "想问一下", "请教一下，",
           "那", "那么，", "对了，", "嗨，", "嗯，", "哎，", "老师，", "能告诉我", "说一下", "再问一下，", "还有，", "不好意思，", "帮我看看，", "你知道"],
    "en": ["hi, ", "hello, ", "hey ", "please ", "excuse me, ", "so ", "um, ", "quick question: ", "can you tell me ", "I want to know ",
           "I'd like to know ", "could you tell me ", "also, ", "and ", "ok, ", "well, ", "sorry, ", "tell me, ", "just wondering, ", "now "],
}
SUFFIXES = {
    "zh": ["，谢谢", "谢谢", "，谢谢！", "呢", "啊", "呀", "，急", "，请告诉我", "，拜托了", "，求解", "，多谢", "哦", "的"],
    "en": [" please", ", please", " thanks", ", thanks", ", thank you", " then", " exactly", " here", " now", " in Aerie", " pls", " for me"],
}
ENDINGS = {"zh": ["？", "？", "?", "。", "！", "??", "～", "", "", ""], "en": ["?", "?", "?", ".", "!", "??", " ?", "", "", ""]}

# Each row holds wordings that may stand for each other; a match is replaced by another of its row.
SYNONYMS = {
    "zh": [["怎么", "如何", "怎样", "咋", "要怎么", "该怎么"], ["是什么", "是啥", "是什么东西", "指什么"], ["为什么", "为啥", "为何", "怎么会"],
           ["在哪里", "在哪儿", "在哪", "在什么地方"], ["删除", "删掉", "移除", "去掉"], ["显卡", "GPU"], ["对话", "会话", "聊天"],
           ["电脑", "计算机", "机器"], ["可以", "能", "能够", "能不能"], ["没有", "没"], ["打开", "开启", "启用"], ["使用", "用"],
           ["多少", "几", "多大"], ["需要", "要", "必须"], ["我想", "我要", "想"], ["什么意思", "啥意思", "什么含义"],
           ["什么", "啥"], ["支持", "兼容"], ["模型", "model"], ["文件", "档案"], ["介绍", "讲讲", "说说"], ["提示", "显示", "说"],
           ["导入", "加载", "添加"], ["区别", "不同", "差别"], ["许可证", "许可", "授权", "协议", "license"], ["谁做的", "谁开发的", "谁训练的"],
           ["姜子牙", "Ziya", "ziya"], ["天鹰模型", "Aquila 模型", "Aquila"], ["保存", "存"], ["更新", "升级"], ["看", "查看", "看到"],
           ["快", "更快"], ["下载", "下"], ["中断", "断了"], ["设置", "设定", "调"], ["回答", "回复", "答案"], ["浏览器", "Chrome 浏览器"],
           ["语言", "界面语言"], ["怎么办", "如何解决", "怎么处理", "咋办"], ["问题", "提问"], ["聊天记录", "历史记录", "对话记录"],
           ["手机", "移动端", "手机上"], ["网络", "网", "互联网"], ["选择", "选", "挑"], ["文件夹", "目录"], ["网站", "网页", "页面"], ["报错", "错误"],
           ["商用", "商业使用", "用于商业"], ["公司", "企业"], ["复制", "拷贝"], ["撤销", "恢复", "还原"], ["按钮", "按键"], ["安装", "装"], ["登录", "登陆"],
           ["深色", "暗色", "黑色"], ["消息", "信息"], ["重新生成", "重新回答", "重答"], ["停止", "停下", "终止"], ["发送", "发出", "发"],
           ["标签页", "页签", "窗口"], ["上下文", "context"], ["显存", "GPU 内存", "VRAM"], ["存在", "放在", "保存在"], ["有没有", "是否有", "有无"],
           ["是不是", "是否"], ["会不会", "是否会"], ["看不到", "看不见", "没看到"], ["太", "很", "特别"], ["还在", "还有", "在不在"], ["干嘛", "干什么", "做什么"],
           ["时候", "时"], ["换", "更换", "切换"], ["改", "修改", "更改"], ["找不到", "没找到", "未找到"], ["新建", "新开", "创建"], ["写", "输入"]],
    "en": [["how do I", "how can I", "how to", "how do you", "what's the way to", "how should I"], ["what is", "what's", "whats", "explain", "what exactly is"],
           ["can I", "could I", "may I", "am I able to", "is it possible to"], ["where is", "where's", "where do I find"],
           ["where are", "where do I find"], ["does it", "will it", "can it"], ["delete", "remove", "erase"], ["conversation", "chat"], ["conversations", "chats"],
           ["license", "licence"], ["need", "require"], ["big", "large"], ["computer", "pc", "machine"], ["GPU", "graphics card", "video card"],
           ["why is", "why's", "how come"], ["it is", "it's"], ["do not", "don't", "dont"], ["cannot", "can't", "cant"],
           ["show", "display", "see"], ["made", "created", "developed", "built"], ["meaning of", "definition of"], ["tell me about", "describe", "explain"],
           ["answer", "reply", "response"], ["enable", "turn on", "activate"], ["change", "switch", "set"], ["stored", "saved", "kept"],
           ["difference between", "what differs between"], ["import", "load", "add"], ["file", "files"], ["model", "models"],
           ["you", "u"], ["are", "r"], ["what does", "whats does"], ["supported", "ok", "possible"], ["error", "message"], ["stop", "halt"], ["mean", "stand for"],
           ["internet", "network", "connection"], ["phone", "mobile", "smartphone"], ["fast", "quick"], ["begin", "start"], ["choose", "pick", "select"],
           ["folder", "directory"], ["website", "site", "page"], ["wrong", "incorrect", "false"], ["company", "firm", "organisation"],
           ["commercially", "for business", "in business"], ["previous", "earlier", "old"], ["new", "fresh", "another"], ["work", "run", "function"],
           ["why does", "how come", "why do"], ["should I", "do I have to", "must I", "do I need to"], ["is there", "do you have", "does it have"],
           ["window", "tab"], ["write", "type"], ["my", "the", "a"], ["required", "needed", "necessary"], ["want to", "would like to", "wanna"],
           ["what happens if", "what if", "what happens when"], ["do you", "does it", "does Aerie"], ["it", "this", "Aerie"], ["find", "see", "locate"],
           ["missing", "not there", "absent"], ["use", "work with", "run"], ["get", "obtain", "have"], ["keep", "save", "store"], ["large", "long", "huge"],
           ["lost", "gone", "deleted"], ["send", "submit"], ["put", "place"], ["too", "very", "so"], ["which", "what"], ["possible", "allowed"]],
}

# A one-character wording inside one of these words is another word, and stays.
COMPOUNDS = ["功能", "性能", "智能", "可能", "作用", "占用", "商用", "应用", "一下", "时间", "时候", "转换", "内存", "缓存", "显存", "存储", "重要", "打开",
             "开发", "网址", "网页", "网站", "联网", "断网", "只要", "下方", "下面", "还想", "查看", "几个", "安装", "什么", "怎么", "改名", "那么"]


def replace_synonym(text: str, lang: str, rng: random.Random) -> str:
    """Replaces one wording by another of its row, if any occurs."""
    rows = [row for row in SYNONYMS[lang] if any(word in text for word in row)]
    if not rows:
        return text
    row = rng.choice(rows)
    # The longest match first, so that a word inside another is not torn out of it.
    found = max((word for word in row if word in text), key=len)
    other = rng.choice([word for word in row if word != found])
    if lang == "en":
        return re.sub(rf"\b{re.escape(found)}\b", other, text, count=1)
    at = text.index(found)
    for word in COMPOUNDS:
        if len(word) > len(found) and found in word and word in text[max(0, at - 2) : at + len(found) + 2]:
            return text
    return text[:at] + other + text[at + len(found) :]


def replace_particle(text: str, rng: random.Random) -> str:
    """Another question particle for a closing 吗."""
    return re.sub(r"吗(?=\W*$)", rng.choice(["么", "嘛", "不", "吧", ""]), text)


def change_case(text: str, rng: random.Random) -> str:
    return rng.choice([str.lower, str.lower, str.upper, str.capitalize, str.title])(text)


def mistype(text: str, rng: random.Random) -> str:
    """Drops, doubles or swaps one character."""
    if len(text) < 5:
        return text
    at = rng.randrange(1, len(text) - 1)
    return rng.choice(
        [text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:], text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]]
    )


def drop_word(text: str, lang: str, rng: random.Random) -> str:
    """Leaves out one word (English) or one or two characters (Chinese) of a longer question."""
    if lang == "en":
        words = text.split(" ")
        if len(words) < 4:
            return text
        del words[rng.randrange(len(words))]
        return " ".join(words)
    if len(text) < 7:
        return text
    at, size = rng.randrange(len(text) - 1), rng.choice((1, 1, 2))
    return text[:at] + text[at + size :]


def respace(text: str, rng: random.Random) -> str:
    """Removes or adds the blanks between Chinese and Latin letters, or uses the wide blank."""
    choice = rng.random()
    if choice < 0.6:
        return re.sub(r"(?<=[^\x00-\x7f]) | (?=[^\x00-\x7f])", "", text)
    if choice < 0.9:
        text = re.sub(r"([^\x00-\x7f])(?=[A-Za-z0-9])", r"\1 ", text)
        return re.sub(r"([A-Za-z0-9])(?=[^\x00-\x7f])", r"\1 ", text)
    return text.replace(" ", "\u3000")


def vary(question: str, lang: str, rng: random.Random) -> str:
    """A random variation; about one in eight stays as written."""
    if rng.random() < 0.12:
        return question
    text = question
    for _ in range(rng.choice((0, 1, 1, 2))):
        text = replace_synonym(text, lang, rng)
    if rng.random() < 0.3:
        text = drop_word(text, lang, rng)
    if rng.random() < 0.6:
        text = text.rstrip("？?。.!！~") + rng.choice(ENDINGS[lang])
    if lang == "zh" and rng.random() < 0.25:
        text = replace_particle(text, rng)
    if lang == "zh" and rng.random() < 0.4:
        text = respace(text, rng)
    if rng.random() < 0.25:
        bare = text.rstrip("？?。.!！~")
        text = bare + rng.choice(SUFFIXES[lang]) + text[len(bare) :]
    if rng.random() < 0.3:
        text = rng.choice(PREFIXES[lang]) + text
    if rng.random() < 0.3:
        text = change_case(text, rng)
    if rng.random() < 0.12:
        text = mistype(text, rng)
    return text if text.strip() else question
