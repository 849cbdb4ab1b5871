"""Several visits asked for in one text: "a cleaning on Tuesday and a skin check on Friday", "one for me, one for Noah".

The text is cut where visits are listed; a part that names another kind of visit, or another person, begins the next
one. What only one part says of the person is meant for all of them; a day at the very end as well.
"""

import re
from dataclasses import dataclass, field

from msgspec.structs import replace

from bots.dates import When, parse
from bots.dialogue import answers, hints, whom
from bots.dialogue.flow import put
from bots.dialogue.state import Also, Phase, State, Wish
from bots.dialogue.turns import Context, Heard, Known, Say, Turn
from bots.dialogue.wishes import speaks
from bots.nlu.gazetteer import Named, foreign_visit, gazetteer

MOST = 3
"""So many visits at most are taken up one after the other."""

_CUT = re.compile(
    r"(?:[.;\n,]+\s+|\s+(?:and|also|plus|then|y|e|tambi[eé]n|adem[aá]s|luego)\s+|\s*[&+]\s*)+", re.IGNORECASE
)
_CANCEL = re.compile(r"\b(?:cancel\w*|call off|get rid of|drop|anul\w+)\b", re.IGNORECASE)
_ONE = re.compile(r"\b(?:one|another|same|una?|otr[ao]|lo mismo)\b", re.IGNORECASE)
_PAST = re.compile(r"\b(?:results?|had|got|did|last|resultados?|tuve|hice|hicieron)\b", re.IGNORECASE)
_BOTH = re.compile(
    r"\bboth (?:of )?(?:my |the |our )?(?:kids|children|boys|girls|sons|daughters)\b"
    r"|\b(?:for|of) (?:the )?both (?:of them)?\b|\bmis dos (?:hij[oa]s|niñ[oa]s)\b|\blos dos (?:niñ[oa]s|hij[oa]s)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Visit:
    """One visit in the making: what is wished, for whom, and the words it was said with.

    foreign: the clinic's calendar has no such kind.
    """

    named: Named
    person_id: str | None = None
    foreign: bool = False
    words: list[str] = field(default_factory=list, repr=False)


def parted(state: State, event: Heard, context: Context) -> State:
    """`state` with the first of the visits asked for, the others in `more`; as it was where there is but one.

    Those that the clinic's calendar has no kind for are in `elsewhere`; as it was where it has none for any.
    """
    both = _for_both(state, event, context)
    if both is not None:
        return both
    visits = _visits(event, context)
    if len(visits) < 2:
        return state
    here = [one for one in visits if not one.foreign]
    if not here:
        return state
    persons = {one.person_id for one in here} - {None}
    said = [_when(one, event, context) for one in visits]
    if not any(speaks(one) for one in said[:-1]) and speaks(said[-1]):
        said = [said[-1]] * len(said)  # "a cleaning and a skin check next week"
    # An hour said at the end is of the visit it was said with; a foreign one has at most its day in common.
    hour = len(set(said)) == 1 and said[-1].time is not None
    elsewhere = tuple(
        _wish(one.named, _when(one, event, context) if hour else when)
        for one, when in zip(visits, said, strict=True)
        if one.foreign
    )
    told = [when for one, when in zip(visits, said, strict=True) if not one.foreign]
    wishes = tuple(
        Also(
            wish=_wish(one.named, when),
            person_id=one.person_id or (next(iter(persons)) if len(persons) == 1 else None),
            same=hints.same(" ".join(one.words)) if number and not speaks(when) else None,
        )
        for number, (one, when) in enumerate(zip(here, told, strict=True))
    )
    first, *others = wishes[:MOST]
    person_id = first.person_id or state.person_id
    return replace(state, wish=first.wish, person_id=person_id, more=tuple(others), elsewhere=elsewhere)


def swapped(state: State, event: Heard, context: Context) -> State | None:
    """`state` for a text that gives up one visit and asks for another: each with its own words; None for any other."""
    parts = [part for part in _CUT.split(event.text) if part.strip()]
    given_up = [part for part in parts if _CANCEL.search(part)]
    wished = [part for part in parts if part not in given_up]
    if not given_up or not wished:
        return None
    known = gazetteer(context.catalogue)
    old, new = (_Visit(known.find(" ".join(some)), words=some) for some in (given_up, wished))
    when = _when(new, event, context)
    if not (_kind(new.named) or speaks(when)):
        return None
    fresh = Also(wish=_wish(new.named, when), person_id=whom.named_in(" ".join(wished), context) or state.person_id)
    return replace(state, wish=_wish(old.named, _when(old, event, context)), more=(*state.more, fresh))


def besides(state: State, event: Heard, context: Context) -> Turn | None:
    """Another visit, for somebody else, asked for while one waits for a yes: it is taken up next."""
    asked = hints.also(event.text) and hints.somebody_else(event.text) and not answers.says_yes(event.text)
    if state.phase is not Phase.CONFIRM_SLOT or state.job != "book" or not asked or event.meaning.intent != "book":
        return None
    more = (*state.more, one_more(event, context))[-MOST:]
    return put(replace(state, more=more), context, state.phase, Say("bot.next"))


def one_more(event: Heard, context: Context) -> Also:
    """A further visit asked for beside an answer: "yes, and my son needs a vaccination, at the same time"."""
    said = event.meaning.entities
    return Also(
        wish=Wish(visit_type=said.visit_type, specialty=said.specialty),
        person_id=whom.named_in(event.text, context),
        same=hints.same(event.text),
        other=whom.is_for_other(event.text, context),
    )


def _for_both(state: State, event: Heard, context: Context) -> State | None:
    """The same visit for each of the two for whom the writer acts ("both my kids")."""
    standing = context.standing
    if not isinstance(standing, Known) or len(standing.wards) != 2 or not _BOTH.search(event.text):
        return None
    first, second = standing.wards
    return replace(state, person_id=first.person_id, more=(Also(wish=state.wish, person_id=second.person_id),))


def _visits(event: Heard, context: Context) -> list[_Visit]:
    """The visits that the text lists, in order."""
    known = gazetteer(context.catalogue)
    visits: list[_Visit] = []
    before = ""
    for part in _CUT.split(event.text):
        named = known.find(part)
        person = whom.named_in(part, context)
        foreign = None if _kind(named) or _PAST.search(part) else foreign_visit(part, context.catalogue)
        if foreign is not None:
            named = Named(visit_type=foreign, provider=named.provider)
        there = visits[-1] if visits else None
        another = bool(hints.also(part) or _ONE.search(part))
        if there is None:
            visits.append(_Visit(named, person, foreign is not None, [part]))
        elif _differs(there, named, another) or (person and there.person_id and person != there.person_id and another):
            kept = named if _kind(named) else there.named
            own = foreign is not None if _kind(named) else there.foreign
            visits.append(_Visit(kept, person, own, [part]))
        else:
            there.words.append(f"{before}{part}")
            if _kind(named) and not _kind(there.named):
                there.named, there.foreign = named, foreign is not None
            there.person_id = there.person_id or person
        before = ", "
    return [one for one in visits if _kind(one.named)]


def _kind(named: Named) -> str | None:
    return named.visit_type or named.specialty


def _differs(there: _Visit, named: Named, another: bool) -> bool:
    """Whether a part asks for another kind of visit; of two words for kinds one may only explain the other."""
    mine, other = _kind(there.named), _kind(named)
    if mine is None or other is None or mine == other:
        return False
    of_a_sort = (there.named.visit_type is None) == (named.visit_type is None)
    return of_a_sort or another


def _when(visit: _Visit, event: Heard, context: Context) -> When:
    return parse(" ".join(visit.words), now=context.now, language=event.meaning.language)


def _wish(named: Named, when: When) -> Wish:
    return Wish(
        visit_type=named.visit_type,
        specialty=named.specialty,
        provider=named.provider,
        when=when if speaks(when) else None,
    )
