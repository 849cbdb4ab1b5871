"""Which pieces of a Spanish text stand in a reason and not in the wish: "martes por la mañana, que por la tarde curro".

A reason is opened by a word ("porque", "es que", "que" behind a pause or a time), or told by what somebody does ("dejo
al niño a las 9", "entre semana estoy en el barco"), or closed by a conclusion ("duermo hasta las 2, así que …"). What
it names gives way to what the wish names: a day to a day, an hour to an hour. Where it says all there is it stays, and
bounds the wish.
"""

from dataclasses import dataclass

from bots.dates.draft import is_open, minute_of
from bots.dates.lexeme import words
from bots.dates.pieces import Clock, Context, Days, Hours, Piece, Relation

_CAUSES = words("porque pues como puesto dado debido")
_BEFORE_QUE = words("es ya pues puesto dado eh porfa porfavor favor plis please gracias si ok va")
_NO_CAUSE = words(
    "sea sean viene vienen sigue entra tal dia dias hora horas horario horarios fecha cita citas hay tengan tenga "
    "tienen tiene haya este esten pueda puedan puedo puede pueden quede queden caiga diga digan dice quiera quieran "
    "ustedes usted nunca pase pasen es son serian empiece empieza empiecen termine acabe posible podria seria tengas "
    "abran abra fuera digas puedas"
)
_CONCLUDES = words("entonces mejor so")
_TURNS = words("pero sino aunque")
_ASKS = words(
    "puedo puede pueden podria podrian podriamos podre podemos pudiera quiero queremos quisiera quisieramos queria "
    "queriamos necesito necesitamos ocupo ocupamos prefiero preferimos preferiria deme denme dame danos denos das "
    "ponme pongame ponganme pongamela ponmela ponla agende agendeme agendame agenden agenda apunteme apuntame "
    "anoteme anotame anote apunte aparteme apartame aparte reserve reserveme reservame dejame dejeme dejemelo dejalo "
    "dejela dejemela mejor seria gustaria convendria sirve conviene acomoda funciona libre libres disponible "
    "disponibles pido pedimos busco buscaba solicito propongo sugiero tendra tendran tendria tendrian tendras "
    "pudieran podras quedaria vendria iria vengo iriamos acepto elijo escojo agarro aparto reservo confirmo apunto "
    "demela denmela pongan ponganla pongale desocupo desocupa desocupado desocupada encantaria vale perfecto hueco "
    "huequito cupo"
)
_BEGINS = _ASKS - words(
    "libre libres disponible disponibles hueco huequito cupo perfecto vale seria sirve conviene acomoda "
    "funciona mejor tendra tendran confirmo desocupo desocupa desocupado desocupada encantaria "
    "gustaria convendria das busco agarro reservo apunto acepto elijo escojo"
)
_ELSEWHERE = words("estar viajar salir llevar trabajar tener recoger andar dejar cuidar acompanar estudiar")
_MOVES = words(
    "lleva llevan trae acerca acompana pasa pasan pasas cambia cambian cambias mueve mueven mueves pone ponen pones "
    "da dan das agenda agendan deja dejan dejas"
)
_RETURNS = words("llego llegamos regreso regresamos vuelvo volvemos")
_DONE = words(
    "pagan vienen llegan salen cumple operan entregan instalan quitan sacan hacen recogen traen internan cortan"
)
_OWN_DAY = words("libre descanso dia dias ideal mejor preferencia opcion unico unica favorito sea no")
_SUPPOSED = words("si que y o cuando donde como")
_TIMETABLES = words("horario turno jornada clase clases trabajo chamba entrenamiento")
_IS = words("es son cae caen")
_GOOD = words(
    "mejor perfecto bueno buena ideal bien posible cuando demasiado muy mas lo que para urgente importante igual"
)
_STATES = {"no tengo"} | words("tengo estoy ando tenemos estamos andamos")
_FREE = words("libre libres disponible tiempo chance cita espacio oportunidad permiso bien aqui alla ahi alli")
_PRONOUNS = words(
    "yo nosotros me le les lo la los las se te nos ya no tambien siempre nomas solo todavia ese esa esos dia dias y "
    "e a en de por para que es pues bueno ay este el ella ellos entre hoy mi tarde luego despues antes pero aunque "
    "sino porque como demas otros otras dias tardes mananas"
)
_DOES = words(
    "trabajamos curramos salimos entramos abrimos cerramos viajamos viajo llevamos recogemos soy somos hago "
    "doy trabaja hay celebramos festejamos mudamos casamos"
)
_NO_DOING = words(
    "descanso bueno claro solo pero listo quedo luego correcto perfecto medico doctor favor hijo nieto tercero "
    "primero mismo todo caso cuando como quiero creo espero caigo paso acudo asisto vengo digo saludo pregunto "
    "escribo mando llamo hablo veo nino esposo abuelo hermano pienso lamento siento agradezco imagino supongo "
    "prometo algo cuanto tanto tipo menos fijo seguro cualquiero pronto medio nuevo otro rato momento numero correo "
    "telefono carro bano cuello pecho brazo ojo dedo tobillo codo hombro higado estomago embarazo parto resfriado "
    "resfrio asmatico maestro obrero chofero examen tio primo sobrino suegro cunado vecino"
)
_SUBJECTS = words("mi mis su sus nuestro nuestra el la los las un una")
_DOES_THIRD = words(
    "trabaja trabajan curra sale salen entra entran pasa pasan llega llegan viene vienen empieza empiezan comienza "
    "termina terminan acaba cierra cierran abre abren juega juegan esta estan va van deja dejan lleva llevan recoge "
    "recogen usa cuida cuidan duerme estudia estudian maneja manejan regresa regresan vuelve vuelven acuesta cobra "
    "come cumple cumplen casa casan opera operan toca cae tiene tienen vence descansa parte arranca"
)
_WAS = words("era fue eran tenia teniamos")
_MISSED = words("fui fuimos pude pudimos llegue llegamos paso") | {"no pude", "no pude ir", "no pudimos"}
_NEAR = 5
_AFTERNOONS = ("tarde", "afternoon", "pm", "after work", "after lunch", "late afternoon", "after school")
_MORNINGS = ("morning", "early")
_BIND = ("before", "until", "by")
_VISITS = words("cita citas consulta turno visita")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A run of the text between two of its joints: how it is opened, and its pieces."""

    first: int
    stop: int
    opener: str
    pieces: tuple[int, ...]


def of_reasons(c: Context, pieces: list[Piece], told: set[int], ruled_out: set[int]) -> set[int]:
    """The indices of the pieces of a reason that give way to others; `told`: those that ask for nothing already.

    What is ruled out for a reason stays so, but for the hours of a day that is not wished for.
    """
    if c.language != "es" or len(pieces) < 2:
        return set()
    stretches = _stretches_of(c, pieces)
    given = _reasons(c, pieces, stretches)
    reasons = {at for stretch in given for at in stretch.pieces}
    if not reasons:
        return set()
    wishes = [
        piece.found
        for at, piece in enumerate(pieces)
        if at not in reasons | told | ruled_out and not isinstance(piece.found, Relation) and not _is_past(piece)
    ]
    days = [found for found in wishes if isinstance(found, Days)]
    if not days:  # "me voy el 15 y regreso el 30"
        returns = {at for at in reasons if c.lexemes[pieces[at].at].word in _RETURNS}
        days = [said for at in returns if isinstance(said := pieces[at].found, Days)]
        told = told | returns
    hours = [found for found in wishes if isinstance(found, Hours)]
    hours += [said for at in ruled_out - reasons if isinstance(said := pieces[at].found, Hours) and said.low]
    found: set[int] = set()
    for stretch in given:
        own = [at for at in stretch.pieces if at not in told]
        named = [one for at in stretch.pieces if isinstance(one := pieces[at].found, Days) and not one.past]
        elsewhere = bool(named and days) and not any(_shares(said, day) for said in named for day in days)
        elsewhere = elsewhere or (bool(days) and _is_of_others(c, stretch))
        # "Mañana no porque trabajo hasta las 6, mejor el sábado"
        elsewhere = elsewhere or bool(
            not named and days and own and own[0] - 1 in ruled_out and _is_day(pieces[own[0] - 1])
        )
        for at in own:
            said = pieces[at].found
            if isinstance(said, Days):
                away = at in ruled_out and (not is_open(said) or len(named) < 2)
                gives_way = bool(days) and not away
            else:
                gives_way = isinstance(said, Hours) and (
                    elsewhere or (at not in ruled_out and _gives_way(said, hours, days))
                )
            if gives_way:
                found.add(at)
    return found


def _is_of_others(c: Context, stretch: _Stretch) -> bool:
    """Whether the stretch tells of the days that are not wished for: "los demás días trabajo hasta las 8"."""
    return any(
        c.lexemes[k].word in ("demas", "otros", "otras") and c.lexemes[k + 1].word in ("dias", "tardes", "mananas")
        for k in range(stretch.first, stretch.stop - 1)
    )


def _is_past(piece: Piece) -> bool:
    return isinstance(piece.found, Days) and piece.found.past


def _is_day(piece: Piece) -> bool:
    return isinstance(piece.found, Days)


def _shares(said: Days, day: Days) -> bool:
    """Whether both may be the same day."""
    return any(one in day.readings for one in said.readings)


def _gives_way(said: Hours, hours: list[Hours], days: list[Days]) -> bool:
    """Whether the hour told is none of the wish: it gives way to an hour, and where it is no bound to a day."""
    if hours:
        return not _bounds(said, hours)
    return bool(days) and said.bound in ("at", "around") and said.low is not None and not said.leaving


def _bounds(said: Hours, wished: list[Hours]) -> bool:
    """Whether the hour bounds what the wish leaves open: "después de las 3 pero tengo que irme a las 5"."""
    return said.low is not None and said.high is None and all(_bounds_one(said, said.low, one) for one in wished)


def _bounds_one(said: Hours, low: Clock, wished: Hours) -> bool:
    if wished.low is None:  # "por la tarde, salgo a las 3"
        late = wished.part in _AFTERNOONS and 12 <= minute_of(low) // 60 < 18
        early = wished.part in _MORNINGS and 7 <= minute_of(low) // 60 < 12
        return (said.leaving and (late or early)) or (early and said.bound in _BIND)
    return said.bound in _BIND and wished.bound == "after" and minute_of(wished.low) < minute_of(low)


def _reasons(c: Context, pieces: list[Piece], stretches: list[_Stretch]) -> list[_Stretch]:
    """The stretches that give a reason."""
    found: list[_Stretch] = []
    goes_on = False
    for n, stretch in enumerate(stretches):
        asks = _asks(c, stretch)
        goes_on = goes_on and stretch.opener == "and"
        following = stretches[n + 1].opener if n + 1 < len(stretches) else ""
        goes_on = not asks and (
            goes_on
            or stretch.opener == "cause"
            or (following == "so" and _says_more(c, pieces, stretch))
            or _does(c, pieces, stretch)
        )
        if goes_on or _is_missed(c, pieces, stretch):
            found.append(stretch)
    return found


def _asks(c: Context, stretch: _Stretch) -> bool:
    """Whether the stretch wishes, or speaks of a visit."""
    return any(
        c.lexemes[k].word in _ASKS
        or _moves_it(c, k)
        or c.kind(k) in ("move", "else")
        or (c.lexemes[k].word in _VISITS and not _is_other(c, k))
        for k in range(stretch.first, stretch.stop)
    )


def _moves_it(c: Context, k: int) -> bool:
    """Whether somebody is asked to move the visit or to give it: "me la pasa pal viernes"."""
    return c.lexemes[k].word in _MOVES and k > 0 and c.lexemes[k - 1].word in ("la", "lo", "las", "me")


def _is_other(c: Context, k: int) -> bool:
    """Whether the visit at `k` is none here: "tengo otra cita con el dentista", "turno de noche"."""
    shift = c.lexemes[k].word == "turno" and c.kind(k + 1) == "of" and c.kind(k + 2) in ("part", "part?", "day")
    shift = shift or (c.lexemes[k].word == "turno" and c.lexemes[k - 1].word in ("de", "en", "mi"))
    return shift or (k > 0 and c.lexemes[k - 1].word in ("otra", "otro"))


def _says_more(c: Context, pieces: list[Piece], stretch: _Stretch) -> bool:
    """Whether the stretch tells something, and names no mere time."""
    inside = {k for at in stretch.pieces for k in range(pieces[at].at, pieces[at].stop)}
    return any(
        c.kind(k) in ("word", "ailing", "my", "not") and k not in inside for k in range(stretch.first, stretch.stop)
    )


def _does(c: Context, pieces: list[Piece], stretch: _Stretch) -> bool:
    """Whether the stretch tells what the person or somebody else does: "dejo al niño", "mi bus pasa"."""
    skipped = {k for at in stretch.pieces for k in range(pieces[at].at, pieces[at].stop)}
    heads = [k for k in range(stretch.first, stretch.stop) if k not in skipped and c.kind(k) not in ("comma", "stop")]
    days = [at for at in stretch.pieces if isinstance(pieces[at].found, Days)]
    subject = False
    led = bool(days) and c.skip(stretch.first, ("comma", "stop", "and")) == pieces[days[0]].at
    if c.kind(stretch.stop) == "stop" and c.lexemes[stretch.stop].value:
        return False  # a question
    named = next((k for k in heads[1:5] if c.lexemes[k].word in _IS and any(pieces[at].at == k + 1 for at in days)), 0)
    if named and all(c.lexemes[k].word not in _SUPPOSED for k in heads if k < named):
        return not any(c.lexemes[k].word in _OWN_DAY for k in heads)  # "San Juan es el 24"
    for n, k in enumerate(heads[:7]):
        word = c.lexemes[k].word
        if word in _IS and not subject:  # "el 24 es San Juan"
            following = c.lexemes[k + 1].word if k + 1 < stretch.stop else ""
            told = k - 1 in skipped and following not in _GOOD
            return told and (
                c.kind(k + 1) in ("word", "holiday", "weekday", "my") or any(pieces[at].at == k + 1 for at in days)
            )
        if word in _STATES:
            return not any(c.lexemes[j].word in _FREE and not _is_other(c, j) for j in heads[n + 1 : n + 3])
        if subject and word in _IS and any(c.lexemes[j].word in _TIMETABLES for j in heads[:n]):
            return True  # "mi horario es de 9 a 6"
        if word in ("voy", "vamos"):
            leaves = k + 2 < stretch.stop and c.lexemes[k + 2].word in _ELSEWHERE  # "voy a estar fuera"
            return c.lexemes[k - 1].word in ("me", "nos") or leaves
        if word in _RETURNS or (word in _DONE and (led or c.lexemes[k - 1].word in ("me", "le", "nos"))):
            return True
        if word in _DOES or (subject and word in _DOES_THIRD):
            return True
        if c.kind(k) == "word" and len(word) > 3 and word.endswith("o") and word not in _NO_DOING and not subject:
            # "Lo dejo para el lunes" wishes.
            return not any(
                pieces[at].at > k and "for" in (c.kind(pieces[at].at - 1), c.kind(pieces[at].at)) for at in days
            )
        if word in _SUBJECTS and not (
            n + 1 < len(heads) and c.lexemes[heads[n + 1]].word in ("demas", "otros", "otras")
        ):
            subject = True
        elif (
            word not in _PRONOUNS and not subject and c.kind(k) not in ("filler", "the_el", "the_la", "on", "in", "for")
        ):
            return False
    return False


def _is_missed(c: Context, pieces: list[Piece], stretch: _Stretch) -> bool:
    """Whether the visit is told of that was missed: "la cita era el 9 pero no fuimos"."""
    day = next((pieces[at] for at in stretch.pieces if isinstance(pieces[at].found, Days)), None)
    if day is None or all(c.lexemes[k].word not in _WAS for k in range(max(stretch.first, day.at - 2), day.at)):
        return False
    return not _MISSED.isdisjoint(lexeme.word for lexeme in c.lexemes[stretch.stop : stretch.stop + _NEAR])


def _stretches_of(c: Context, pieces: list[Piece]) -> list[_Stretch]:
    """The text cut at signs and at the words that turn it."""
    inside = {k for piece in pieces for k in range(piece.at + 1, piece.stop)}
    starts, ends = {piece.at for piece in pieces}, {piece.stop for piece in pieces}
    edges: list[tuple[int, str]] = [(0, "")]
    for k in range(len(c.lexemes)):
        if k not in inside and (opener := _opener(c, k, starts, ends)) is not None:
            edges.append((k, opener))
    found = []
    for n, (first, opener) in enumerate(edges):
        stop = edges[n + 1][0] if n + 1 < len(edges) else len(c.lexemes)
        own = tuple(at for at, piece in enumerate(pieces) if first <= piece.at < stop)
        if stop - first > 1 or own or opener not in ("", "stop"):
            found.append(_Stretch(first=first, stop=stop, opener=opener, pieces=own))
    return found


def _opener(c: Context, k: int, starts: set[int], ends: set[int]) -> str | None:
    """How a stretch is opened at `k`; None where none is."""
    kind, word = c.kind(k), c.lexemes[k].word
    before = c.lexemes[k - 1].word if k else ""
    following = c.lexemes[k + 1].word if k + 1 < len(c.lexemes) else ""
    if word == "asi" and following == "que":
        return "so"
    if word in _CONCLUDES or (word == "eso" and before == "por"):
        return "so"
    if word in _CAUSES:
        return (
            "cause" if word != "como" or (c.kind(k - 1) in ("", "stop", "comma") and not starts & {k, k + 1}) else None
        )
    if word == "que" and before != "asi":
        led = c.kind(k - 1) in ("comma", "stop") or k in ends or before in _BEFORE_QUE or before == "por"
        return "cause" if led and k and following not in _NO_CAUSE else None
    if word in _TURNS:
        return "but"
    if kind in ("comma", "stop"):
        return "stop"
    if word in ("y", "e"):
        return "and" if k not in ends or not starts & {k + 1, k + 2} else None  # "el lunes y el martes"
    return "ask" if word in _BEGINS else None
