"""Who tells a circumstance in some words of a text, if nothing is wished in them: "I babysit from 10:30", "this week
I'm in court", "my shift starts at 3", "Thursday is bridge".
"""

from itertools import pairwise

from bots.dates.lexeme import words
from bots.dates.pieces import Context, Days, Hours, Piece

FIRST = words("i i'm im ive i've we we've we're were i'll ill we'll")
_THIRD = words("he she they he's she's they're hes shes theyre someone somebody everyone nobody")
_PERSONS = words(
    "kid kids child children son sons daughter mom mum mother dad father husband wife hubby boyfriend "
    "girlfriend grandson granddaughter grandkids grandma grandpa boss sitter babysitter nanny roommate "
    "neighbor sister brother partner fiance plumber electrician landlord bus train school church baby"
)
_OPENS = words("got gotta have just stuck")
"""Words with which an aside begins that leaves "I" out: "got parking till 12:30", "just off shift at 4:30"."""
_BRINGS = words("bringing going being getting having making seeing")
_LINKS = words("but so because bc cuz cause coz cos since as n plus also lol haha well oh anyway though tho seeing")
_TOPIC = words("other those these both all on in the the_el unit and comma stop filler or num")
"""What may stand with the days of which an aside tells: "the other days next week I'm hauling"."""
_ASKED = words(
    "if when while once can could may should would do does did where will shall might whenever unless that how or am"
)
_LED = words("after before until by since between at on for to of in from")
_WISHES = words(
    "booking reservation can could would want wants wanted wanna need needs needed like love prefer may might "
    "should book schedule see seen come came choose hope hoping hoped thinking think thought wish try trying "
    "rather ask asked asking say said says mean meant open available flexible fine ok okay great perfect works "
    "please pls plz instead better best earliest latest appointment appt appts appointments apt visit slot "
    "slots opening openings spot cancel cancelled guess suppose believe vote bet figure lean leaning calling "
    "called looking aiming shooting wanting interested texting writing checking wondering anything something "
    "anytime whenever whatever whichever yours possible ideal easier easiest preferred suits suit happy told "
    "offered show shows reschedule there town nearby supposed scheduled booked earlier sooner later i'd id "
    "either neither cannot except unless let let's lets break window gap choice option preference prefered "
    "rescheduled lookin must yall y'all you u your guys favorite"
)
_MOVES = ("move", "fix", "instead", "title", "make", "else", "come by", "relation")
_TAKEN_BACK = ("fix", "no")
_SUITS = words(
    "good fine ok okay great perfect best better works work free open available possible ideal easier easiest cool "
    "preferred wonderful when what nice easy enough doable favorite out full not only too also fastest closed "
    "more less most"
)
_SETS_OUT = ("leave", "catch")
_HOLDS = words("have got had has ve")
_HANDLES = words("take pick make bring drop do")
_FREE = words("good free back around here home down in flexible cool all")
_USUALLY = words("usually normally typically")
_HANDLED = words("up him her them the off")
_FREED = words("off done out")
_FREEING = words("off out done free finish finished finishes")
"""Words of what leaves the person free: a day so told may be the very one that is wished."""
_LEAVING = words("fly flying head heading ship move moving leave leaving")
_LEFT = words("work school class there court surgery here bed town jail rehab practice")
_REASONS = words("since because bc cuz cause coz cos as")
_ASKING = words(
    "can could would want wanna need like prefer please pls plz book may should you u hoping thinking works ok good"
)
_IS = words("is are was isn't")
_NO_NAMES = words("it its it's that this there which what who one time day works work any or")
_AILS = words("hurts hurting aches sick fever pain")
_DOING = 2
_SOMEHOW = words("just also only really already kinda sorta actually even first")
_PASTS = words(
    "hurt got had was went saw did felt threw woke ran been fell broke cut hit began ate took lost came bit "
    "stung found gave left slept stood twisted started forgot missed said told"
)
_BEFELL = words("hurt saw fell threw twisted broke cut hit tripped slipped sprained")
"""Verbs of what has happened, which many begin a text with."""
_SEEN = ("you", "u", "guys", "yall", "y'all")
_SHORT = 4
_WENT = words("got started began broke came went hurt flared swelled popped happened worsened swole")
_HERE = ("there", "town", "nearby")


def begins(c: Context, k: int, first: int, before: list[Piece]) -> bool:
    """Whether somebody begins to tell at `k`, where a wish is complete since `first`, with these pieces before it."""
    if not before or not (c.lexemes[k].word in FIRST | _THIRD | {"gotta"} or c.kind(k) == "my"):
        return False
    if c.lexemes[k - 1].word in (*_ASKED, "with") or c.kind(k - 1) in _LED:
        return False  # "when I", "can we", "after my"
    if any(isinstance(piece.found, Hours) and piece.found.low for piece in before):
        return True
    return any(c.lexemes[n].word in _WISHES or c.lexemes[n].word in FIRST for n in range(first, k))


def teller_of(c: Context, inside: list[Piece], first: int, stop: int) -> str:
    """The word for who tells something from `first` to `stop`; "" where something may be wished."""
    covered = {k for piece in inside for k in range(piece.at, piece.stop)}
    k = _after_topic(c, inside, first, stop)
    if k >= stop:
        return ""
    rest = [n for n in range(first, stop) if n not in covered]
    until = [piece for piece in inside if c.kind(piece.at) == "until"]
    allowed = ("not",) if until else ()  # "the bus doesn't get there till 9"
    if any(_is_turned(c, n, n > k, allowed) or _is_wish(c, n, k) for n in rest):
        return ""
    return _who(c, inside, k, [n for n in rest if n >= k], covered)


def _is_turned(c: Context, n: int, within: bool, allowed: tuple[str, ...]) -> bool:
    """Whether the word moves, denies or takes back something; what is taken back before an aside is none of it."""
    if c.kind(n) in ("not", "no"):
        return c.kind(n) not in allowed and (within or c.kind(n) == "not")
    if c.kind(n) == "title" and "saw" in (c.lexemes[n - 1].word, c.lexemes[n - 2].word):
        return False  # "I saw the dr on the 6th"
    if n and c.kind(n) == "move" and c.lexemes[n - 1].word in ("got", "was", "been"):
        return False  # "my shift got moved to 2"
    return c.kind(n) in _MOVES and (within or c.kind(n) not in _TAKEN_BACK)


def _is_wish(c: Context, n: int, k: int) -> bool:
    """Whether the word at `n` wishes something of who stands at `k`: "I'll be there at 3", not "he gets there"."""
    word = c.lexemes[n].word
    if word in _SEEN and "saw" in (c.lexemes[n - 1].word, c.lexemes[n - 2].word):
        return False  # "I saw you guys on the 6th"
    if word in _HERE and c.lexemes[k].word not in FIRST:
        return False
    if k > 0 and c.lexemes[k - 1].word in _REASONS:
        return word in _ASKING  # "since I'm there Tuesday at 1"
    return (word in _WISHES or f"{word}g" in _WISHES) and not _is_verb_of(c, n)


def is_over(c: Context, first: int, stop: int) -> bool:
    """Whether what is told has happened: "I hurt my back Tuesday", "I slipped Monday"; not "I'm slammed this week"."""
    for k in range(first, stop - 1):
        if c.lexemes[k].word in _BEFELL and (k == first or c.kind(k - 1) in ("comma", "stop", "greeting")):
            return True
        if c.lexemes[k].word in ("i", "we", "ive", "i've"):
            verb = next((lexeme.word for lexeme in c.lexemes[k + 1 : stop] if lexeme.word not in _SOMEHOW), "")
            return is_past(verb)
    return False


def is_past(verb: str) -> bool:
    """Whether the word is a verb of what has happened, as far as its form tells."""
    return verb in _PASTS or (verb.endswith("ed") and len(verb) > _SHORT)


def frees(c: Context, k: int) -> bool:
    """Whether the word at `k` tells when somebody is free: "I'm off", "out of class"; not "out of meds"."""
    if c.lexemes[k].word == "out" and c.kind(k + 1) == "of" and k + 2 < len(c.lexemes):
        return c.lexemes[k + 2].word in _LEFT or c.kind(k + 2) in ("my", "the")
    return c.lexemes[k].word in _FREEING and (k == 0 or c.lexemes[k - 1].word not in _LEAVING)


def wishes(c: Context, first: int, stop: int) -> bool:
    """Whether something may be wished from `first` to `stop`, and is not denied."""
    said = range(first, stop)
    if any(c.kind(n) == "not" for n in said):
        return False
    named = any(c.lexemes[n].word in _WISHES and not _is_verb_of(c, n) for n in said)
    return named or any(c.kind(n) in ("else", "move", "instead") for n in said)


def _after_topic(c: Context, inside: list[Piece], first: int, stop: int) -> int:
    """Where the words begin that tell, behind what links them and the days or parts of the day they tell of."""
    k = first + (c.lexemes[first].word == "if" and first + 2 < stop and c.lexemes[first + 2].word in _SETS_OUT)
    while k < stop and c.lexemes[k].word != "one":
        at = next((piece for piece in inside if piece.at == k), None)
        if at is not None and (isinstance(at.found, Days) or (isinstance(at.found, Hours) and at.found.low is None)):
            k = at.stop
        elif at is None and (c.kind(k) in (*_TOPIC, *_TAKEN_BACK) or c.lexemes[k].word in _LINKS | _TOPIC):
            k += 1
        else:
            break
    return k


def _is_verb_of(c: Context, n: int) -> bool:
    """Whether a word that often wishes is what somebody does with something: "I open the shop at 9:30"."""
    before, following = c.lexemes[n - 1].word, c.kind(n + 1)
    if c.lexemes[n].word == "schedule":
        return c.kind(n - 1) == "my"
    return (
        c.lexemes[n].word in ("open", "see")
        and before in ("i", "we", "to", "and", "gotta")
        and following in ("the", "my")
    )


def _who(c: Context, inside: list[Piece], k: int, rest: list[int], covered: set[int]) -> str:
    """The word for who tells, from `k` on, in words that wish nothing."""
    subject, following = c.lexemes[k], c.kind(k + 1)
    said = [c.lexemes[n].word for n in rest]
    plain = [n for n in rest if c.kind(n) in ("word", "counted", "my", "a", "coming", "not")]
    if subject.word in _BEFELL and following in ("my", "word") and k + 1 not in covered:
        return "i"  # "hurt my back on Wednesday", "saw you guys on the 6th"
    if subject.word in FIRST:
        return subject.word if _is_engaged(c, [n for n in rest if n > k], inside) else ""
    doing = subject.kind == "word" and subject.word.endswith("ing") and subject.word not in _BRINGS
    if (subject.word in _OPENS or doing) and following in ("word", "counted", "a", "my", "the"):
        return "i" if _is_engaged(c, [n for n in rest if n >= k + (subject.word == "just")], inside) else ""
    if subject.word == "it" and c.lexemes[min(k + 1, len(c.lexemes) - 1)].word in _WENT:
        return "it"  # "it got worse Saturday"
    if any(word in ("with", "for") and then in ("me", "us") for word, then in pairwise(said)):
        return ""
    one = subject.word == "one" and k + 1 in rest and c.lexemes[k + 1].word in ("has", "gets")
    if subject.word in _THIRD or subject.word in _PERSONS or one:
        return subject.word if len(plain) >= _DOING else ""
    if k > 0 and k - 1 in covered and (subject.word in _IS or c.lexemes[k - 1].word.endswith("'s")):
        return "day" if _is_something(c, inside, k + (subject.word in _IS), rest) else ""
    if subject.kind == "my":
        turning = len(plain) == _DOING and "num" in map(c.kind, rest) and c.kind(rest[-1]) != "word"
        return "my" if (len(plain) > _DOING or turning) and _AILS.isdisjoint(said) else ""  # "my boy's 16 on the 15th"
    return "word" if subject.kind in ("word", "the", "counted") and _is_of_thing(c, k, rest) else ""


def _is_something(c: Context, inside: list[Piece], k: int, rest: list[int]) -> bool:
    """Whether what stands from `k` on says what a day is, and not that it suits: "Thursday is bridge"."""
    content = [n for n in rest if n >= k and c.kind(n) in ("word", "counted", "my", "unit")]
    if any(c.lexemes[n].word in _SUITS for n in rest if n >= k):
        return False
    if not content:
        return any(piece.at >= k and isinstance(piece.found, Days) and c.kind(piece.at) != "part" for piece in inside)
    return c.kind(k) in ("my", "the", "a", "word", "for", "counted")


def _is_of_thing(c: Context, k: int, rest: list[int]) -> bool:
    """Whether a thing is said to be at some time: "the clinic's line is till 11"."""
    verb = next((n for n in rest if c.lexemes[n].word in _IS), None)
    if verb is None or not 1 <= verb - k <= 4 or any(n not in rest for n in range(k, verb)):
        return False
    subject = [n for n in range(k, verb) if c.kind(n) in ("word", "counted", "unit")]
    if not subject or any(c.lexemes[n].word in _NO_NAMES or c.lexemes[n].word in _SUITS for n in subject):
        return False
    return not any(c.lexemes[n].word in _SUITS for n in rest if n > verb)


def _is_engaged(c: Context, behind: list[int], inside: list[Piece]) -> bool:
    """Whether the person is or does something else then: "I babysit", "I'm in court"; not "I have Tuesday"."""
    content = [n for n in behind if c.kind(n) in ("word", "counted", "coming", "part?", "make")]
    if not content:
        return False
    at, last = content[0], len(c.lexemes) - 1
    word, following = c.lexemes[at].word, c.lexemes[min(at + 1, last)]
    if not _USUALLY.isdisjoint(c.lexemes[n].word for n in content):
        return True  # "we usually do Thursdays, this time Friday"
    if following.kind == "by":
        return False  # "I'll swing by Friday"
    if word in _HOLDS:
        return len(content) > 1 and (at + 1 in behind or following.kind == "part")  # "I have night class Tuesdays"
    if word in _HANDLES:
        if word == "do":
            return at + 1 in behind and following.kind in ("the", "my", "word")
        return at + 1 in behind and (following.kind == "my" or following.word in _HANDLED)
    if word == "be":
        then = c.lexemes[min(at + 2, last)].word
        if following.kind == "coming":
            return then in ("off", "from", "home")  # "I'll be coming off a night shift"
        return following.word.endswith("ing")
    if word in _FREED and frees(c, at):
        return any(isinstance(piece.found, Hours) and piece.found.leaving for piece in inside)
    return word not in _FREE
