"""Hears STOP, START and HELP in a text: the carrier's words, and plain sentences that ask for silence.

1. A text that is nothing but one of the carrier's words is that word.
2. Phrase lists of both languages hear plain sentences.
3. What they heard, what stands around it and all the words are weighed by the learned screen (`learned`); it hears
   STOP alone, or doubts.
"""

import re
from dataclasses import dataclass

from consent import learned
from consent.facts import PHONE, PHONE_CHANNELS, Scope
from consent.phrases import fold, load
from consent.wishes import wish
from hub.types import ChannelKind, Language, OptOutWord, Purpose

_LISTS: dict[Language, str] = {"en": "opt_out_en", "es": "opt_out_es"}

LEARNED = "learned"
"""What stands for the id of a phrase where the learned screen spoke."""
_LETTER = re.compile(r"[a-z]")
_SHORTEST = 4  # letters; "no" and "ok" answer what the bot has asked
_NOTED = ("noted_en", "noted_es")

_PURPOSES: tuple[tuple[Purpose, re.Pattern[str]], ...] = (
    (Purpose.SURVEY, re.compile(r" (?:surveys?|encuestas?)(?= )")),
    (
        Purpose.MARKETING,
        re.compile(
            r" (?:promos?|promotion(?:s|al)|marketing|ads|advertisements?|newsletters?|offers"
            r"|propaganda|publicidad|promociones|anuncios|ofertas)(?= )"
        ),
    ),
    (Purpose.BILLING, re.compile(r" (?:billing|bills?|payment|facturas?|cobros?)(?= )")),
    (Purpose.APPOINTMENT, re.compile(r" (?:reminders?|appointments?|appts?|recordatorios?)(?= )")),
)
_CALLS = re.compile(
    r" (?:call\w*|robocalls|voice ?mails?|llam\w+|marquen|marcarme|recados?|grabaciones|contestadora)(?= )"
)
_TEXTS = re.compile(
    r" (?:te?xt\w*|messag\w*|msg\w*|sms|mensaj\w*|textos?|textee\w*|escrib\w*|send\w*|manden?|envien?)(?= )"
)
_MAIL = re.compile(r" (?:e ?mail\w*|correos?)(?= )")
_TEXT_INSTEAD = re.compile(
    r"(?<! dont)(?<! not)(?<! never)(?<! or)(?<! no)"
    r" (?:(?:just|only|please|can|pls) (?:you )?te?xt|te?xt (?:me|us|only|is|instead|works)"
    r"|texts? (?:are|is) (?:fine|ok|okay|good)|keep the te?xts"
    r"|(?:dejen|sigan con|me gustan) los (?:textos|mensajes)"
    r"|(?:solo|mejor|prefiero) (?:textos?|mensajes?|por (?:texto|mensaje))|mejor (?:escribanme|mandenme|textos?)"
    r"|(?:manden|mandenme|envienme|escribanme) (?:un )?(?:texto|mensaje)s?)(?= )"
)
# Who asks for the texts hardly asks for silence, whatever words of it stand around: "don't take me off the list".
_KEEP = re.compile(
    r"(?<! u)(?<! you)(?<! yall)(?<! it) (?:dont|do not|never) (?:ever )?"
    r"(?:stop|remove|unsubscribe|opt me out|take me off|delete me|turn off)(?= )"
    r"| (?:dont|do not|didnt|did not|never|not) want (?:you |them |it |this |(?:the|my|these|your) \w+ )?"
    r"to (?:stop|end|quit|be removed|be taken off|get off|unsubscribe|opt out|lose (?:them|the|these|my))(?= )"
    r"| (?:never|didnt|did not) (?:asked?|told?|tell|said?|say|request\w*|want\w*) (?:\w+ ){0,3}"
    r"(?:to (?:stop|end|quit|be removed|be taken off|unsubscribe|opt out)|unsubscribe|off)(?= )"
    r"| not asking (?:you )?to (?:be removed|be taken off|stop|unsubscribe|opt out)(?= )"
    r"| (?:didnt|did not|never) (?:unsubscribed?|opt(?:ed)? out)(?= )"
    r"|(?<! dont)(?<! not) (?:leave|keep) (?:me|us|them|it|my number|my phone|everything) on(?= )"
    r"| (?:no|nunca) (?:me |nos |le )?(?:los? |las? )?"
    r"(?:quiten?|saquen?|borren?|eliminen?|deje(?:n|s)? de|paren?|den? de baja|desuscriban?|apaguen)"
    r"(?: de (?:la|las|los|su|sus) \w+)?(?= )"
    r"| (?:no|nunca|yo no|tampoco) (?:les |le )?(?:quiero|queria|pedi|dije|he pedido) (?:\w+ )?"
    r"(?:que (?:me |nos |los )?(?:paren|pararan|dejaran de|dejen de|quiten|quitaran|saquen|sacaran|borren|borraran)"
    r"|parar|terminar|salirme|salir|darme de baja|cancelar(?:los)?)(?= )"
    r"| no me (?:di|he dado|quiero dar) de baja(?= )"
    r"|(?:^| \|| please|(?<! need)(?<! reason)(?<! have)(?<! want)(?<! you) to| just| pls| but)"
    r" keep (?:texting|sending|messaging|the (?:texts|reminders|messages))(?= )"
    r"|(?<! no)(?<! que)(?<! si)(?<! me)(?<! le)(?<! les)(?<! nos) (?:sigan|siga|sigue)"
    r" (?:mandando|enviando|escribiendo)(?= )"
    r"|(?<! dont)(?<! not)(?<! never) (?:start|resume)"
    r" (?:sending|texting|messaging|(?:the )?(?:te?xts?|reminders))(?= )"
    r"| resubscribe(?= )| un ?stop(?= )| put (?:me|us) back(?= )"
    r"| (?:put|add|sign|keep|leave) (?:me|us|my \w+)(?: back| up| in)? (?:on|to|for|in) (?:the |your |these )?"
    r"(?:list|te?xts?|reminders?|messages?|alerts?)(?= )"
    r"|(?<! dont)(?<! not)(?<! never)(?<! didnt) (?:love|like|enjoy|appreciate) (?:the|these|your|getting)"
    r" (?:\w+ )?(?:te?xts?|messages?|reminders?)(?= )"
    r"|(?<! no) (?:prefiero|preferimos|quiero|queremos|me gustaria) que sea por "
    r"(?:mensaje|texto|telefono|llamada|video)(?= )"
    r"|(?<! no)(?<! nunca) quiero (?:volver a |seguir )?recibi\w+(?= )"
    r"| i (?:do |still )?want (?:to (?:get|keep getting|receive) )?(?:the |your |these )?"
    r"(?:te?xts?|reminders|messages)(?! (?:to (?:end|stop)|messages? to|stopped|ended|off|gone|turned))(?= )"
    r"|(?<! no) me (?:encantan|gustan|sirven|ayudan)(?= )"
    r"| suscrib(?:anme|ame|irme|eme)(?= )| (?:re)?activ(?:en|ar|enlos)(?= )"
    r"|(?<! no) (?:apuntenme|inscribanme|ponganme|pongame|agreguenme) (?:\w+ )?(?:en|a|para) (?:la lista de )?"
    r"(?:los )?(?:mensajes|recordatorios|avisos|textos)(?= )"
    r"| (?:rather have|prefer|prefiero|mejor por) (?:los |the |un )?(?:te?xts?|mensajes?|textos?)(?= )"
    r"| te?xt(?:s|ing)? (?:is |are |me )?(?:ok|okay|fine|better|anytime|any time|whenever)(?= )"
    r"|(?<! not)(?<! no)(?<! with) just te?xts?(?= )"
    r"| (?:my new|mi nuevo) (?:number|numero|cell|cel|phone|celular)(?= )| numero nuevo(?= )"
)
# "Did you take me off the list?", "was I removed from the texts?", "did my texts stop? I get none", "if I opt out, will
# I still hear of my results?": whether it was done is asked, or what it would do, and no end.
_WHETHER = re.compile(
    r"^ (?:\| )?(?:(?:hi|hey|hello|so|ok|and|wait|um|question|quick question|just checking|hold on) (?:\| )?){0,2}"
    r"(?:did|have|has|was|were|am) (?:you|u|yall|ya|they|i|we|somebody|someone|anybody|anyone|(?:the|my|your) \w+) "
    r"(?:(?:guys|all|people|not|already|just|accidentally|been|ever|get|got) ){0,3}"
    r"(?:taken?|took|remov\w*|unsubscrib\w*|opted|block\w*|delet\w*|drop\w*|kick\w*|turned|stop(?:ped)?)[^|]*"
    r"(?:\|(?!.* (?:stop|quit|end|remove|unsubscribe|opt|take|dont|no)(?= )).*)?$"
    r"|^(?!.*\|[^|]* stop[ |]*$) (?:\| )?(?:(?:so|and|question|quick question|also) (?:\| )?)?"
    r"(?:does|would|will|if i|what happens if i)"
    r" (?:unsubscrib\w*|opt(?:ing)? out|(?:text|reply|send|type)(?:ing)? stop|turn(?:ing)? off|turn them off)(?= )"
    r"|^(?!.*\|[^|]* stop[ |]*$) (?:\| )?(?:(?:oiga|oigan|y|una pregunta|pregunta) (?:\| )?)?"
    r"si (?:me salgo|me doy de baja|pongo stop|mando stop|quito los|los quito|cancelo los)(?= )"
    r"|^ (?:\| )?(?:why )?did (?:my|the|your|our|all my) (?:\w+ ){0,2}"
    r"(?:te?xts|messages|msgs|reminders|notifications|alerts) (?:stop|end|get (?:turned off|cut|cancel\w*))(?= )"
    r"(?!.* (?:stop|quit|end|remove|unsubscribe|opt)(?= ))"
    r"|^ (?:\| )?(?:(?:hola|oiga|oigan|disculpe|y|es que|ustedes|ya) (?:\| )?){0,3}(?:me|nos|le|les) "
    r"(?:quitaron|sacaron|borraron|dieron de baja|bloquearon|eliminaron|quito|saco|borro|dio de baja)[^|]*\|? *$"
)
# Said of texts alone, and never of their end: "don't call me, don't text me" offers none.
_TEXTS_KEPT = re.compile(
    r" te?xts? (?:are|is) (?:fine|ok|okay|good)(?= )"
    r"|(?<! dont)(?<! not)(?<! never)(?<! u)(?<! you) keep the te?xts(?= )"
    r"|(?<! no) (?:dejen|sigan con|me gustan) los (?:textos|mensajes)(?= )"
)
_CALL_INSTEAD = re.compile(
    r"(?<! dont)(?<! not)(?<! never)(?<! or)(?<! no)"
    r" (?:(?:just|only|please|pls) call|call (?:me|us|only|instead)|calls (?:are|is) (?:fine|ok|okay|good)"
    r"|(?:mejor|prefiero que me|solo) llam\w+|llamenme|llameme)(?= )"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A consent word that a text holds.

    matched: the id of the phrase ("keyword" for the bare word, "learned" for the learned screen); never the text.
    list_version: which version of which list found it.
    scope: what is asked to end: calls and texts unless the person named something narrower.
    exact: the whole text is the carrier's word; the carrier itself may have acted on it.
    """

    word: OptOutWord
    matched: str
    language: Language
    list_version: str
    scope: Scope = PHONE
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """A text may ask for silence, or for something else: its writer is asked. list_version: of the learned screen."""

    list_version: str


def prepare() -> None:
    """Reads the lists, so that a broken file stops the start. Raises ValueError that names it."""
    for name in (*_LISTS.values(), *_NOTED):
        load(name)
    learned.load()


def consent_word(text: str, language: Language | None = None) -> Match | None:
    """The consent word that `text` holds, or None. Both languages are heard, `language` first.

    STOP is heard in any sentence that asks for silence; START and HELP only as the bare word, because an
    ordinary message never subscribes anyone. "Cancel" alone is STOP, as it is at the carrier; "cancel my visit" is not.

    Source: 47 CFR 64.1200(a)(10); CTIA Messaging Principles; carrier keyword lists.
    """
    found = heard(text, language)
    return found if isinstance(found, Match) else None


def heard(text: str, language: Language | None = None) -> Match | Doubt | None:
    """As `consent_word`; a `Doubt` where the text may ask for silence, and only its writer can say."""
    folded = fold(text)
    word = bare(folded, language)
    if word is not None or _LETTER.search(folded) is None:
        return word
    weights = learned.load()
    stands = signs(text, folded, language)
    chance = weights.likely(folded, stands)
    if chance < learned.DOUBTED or len(folded.strip(" |")) < _SHORTEST:
        return None
    wished = stands[learned.SIGNS.index("wish")]
    found = next((match for one in _order(language) if (match := _listed(folded, one)) is not None), None)
    # Who wants an end of calls, and texts instead, would be asked the wrong question.
    narrow = found is not None and found.scope.channels != PHONE_CHANNELS
    # Who asks for fewer texts, or for mail instead, asks for no silence; nor who asks whether it was done, or for none.
    if (
        (chance < learned.HEARD and not narrow)
        or (wished and found is None)
        or ("?" in text and _WHETHER.search(folded))
        or _only_keeps(text, folded, language)
    ):
        return Doubt(list_version=f"{LEARNED}-{weights.version}")
    if found is not None:
        return found
    return Match(
        word=OptOutWord.STOP,
        matched=LEARNED,
        language=_order(language)[0],
        list_version=f"{LEARNED}-{weights.version}",
        scope=_scope(folded, folded, folded),
    )


def _only_keeps(text: str, folded: str, language: Language | None) -> bool:
    """Whether the text asks for messages, and for nothing else: "no me quite de la lista"; not "turn off mine, leave my
    mother's on".
    """
    rest = _KEEP.sub(" ", folded)
    return rest != folded and learned.load().likely(rest, signs(text, rest, language)) < learned.HEARD


def bare(folded: str, language: Language | None = None) -> Match | None:
    """The carrier's word that folded text is, and nothing else."""
    words = folded.replace("|", " ").split()
    # No bare word is longer; a whole letter need not be joined to see that it is none.
    if len(words) <= 5:
        whole = " ".join(words)
        for one in _order(language):
            phrases = load(_LISTS[one])
            for word in OptOutWord:
                if whole in phrases.lists.get(word, ()):
                    return Match(word=word, matched="keyword", language=one, list_version=phrases.version, exact=True)
    return None


def signs(text: str, folded: str, language: Language | None) -> tuple[float, ...]:
    """What the learned screen is told beside the words: what the lists hear, and what asks for messages."""
    return learned.signs(
        folded,
        listed=any(load(name).first(folded) is not None for name in _LISTS.values()),
        kept=_KEEP.search(folded) is not None,
        wish=wish(text, language) is not None,
    )


def _order(language: Language | None) -> tuple[Language, ...]:
    return ("es", "en") if language == "es" else ("en", "es")


def noted(text: str) -> str | None:
    """The id of a phrase by which a note of staff says that somebody wants no more messages; None when it does not.

    It is offered to whoever works in the thread, and never recorded by itself: a note is somebody else's words.
    """
    folded = fold(text)
    for name in _NOTED:
        found = load(name).first(folded)
        if found is not None:
            return found.id
    return None


def _listed(folded: str, language: Language) -> Match | None:
    """The opt-out that the list of a language hears in folded text."""
    phrases = load(_LISTS[language])
    found = phrases.first(folded)
    if found is None:
        return None
    return Match(
        word=OptOutWord.STOP,
        matched=found.id,
        language=language,
        list_version=phrases.version,
        scope=_scope(f"{found.words} ", f"{found.words} {found.after} ", folded),
    )


def _scope(asked: str, about: str, folded: str) -> Scope:
    """What a sentence asks to end: channels as `asked`, purposes as `about`; the rest may offer another channel."""
    named = [purpose for purpose, pattern in _PURPOSES if pattern.search(about)]
    purposes = frozenset(named[:1]) or None
    calls, texts, mail = (bool(pattern.search(asked)) for pattern in (_CALLS, _TEXTS, _MAIL))
    channels = PHONE_CHANNELS
    if mail and not calls and not texts:
        channels = frozenset({ChannelKind.EMAIL})
    # What is kept is not asked to end: "stop the voicemails, texts are fine".
    elif calls and not _TEXTS.search(_TEXTS_KEPT.sub("", asked)) and _TEXT_INSTEAD.search(folded):
        channels = frozenset({ChannelKind.VOICE})
    elif texts and not calls and _CALL_INSTEAD.search(folded):
        channels = frozenset({ChannelKind.SMS})
    return Scope(channels=channels, purposes=purposes)
