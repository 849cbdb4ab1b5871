"""Which pieces tell of what happens or has happened, and are no wish: "my mom flies in on the 5th, can we do the 7th".

What has happened asks for nothing. What will happen asks for nothing where another clause names a day to come on.
"""

from bots.dates.clauses import Clause
from bots.dates.lexeme import words
from bots.dates.pieces import Context, Days, Hours, Piece, Relation
from bots.dates.turns import points_back

_HAPPENED = words(
    "kicked lost cancelaron perdi drawn fell received injured twisted sprained broke began started happened noticed "
    "fainted vomited threw mailed called emailed texted woke arrived landed died took missed tripped burned stung "
    "bitten tore swallowed ate flared cai caimos cayo quebro quebre perdio torci lastimo resbale recibi recibimos "
    "lastime lastimo golpee golpeo torci torcio rompi rompio vomito vomite desmayo turned cumplio desmaye sucedio "
    "enferme enfermo operaron empezo comenzo empezaron comenzaron llamo llamaron mandaron enviaron tome murio nacio "
    "desperte queme quemo pico mordio fallecio fui estuve vi comi dieron pusieron sacaron"
)
_GETTING = words("got had came tuve llego llegaron")
_GOT = words(
    "letter call text email message card results result bill sick hurt shot vaccine stitches married referral notice "
    "package voicemail surgery operation procedure accident reaction seizure baby extraction cirugia operacion "
    "accidente parto carta llamada mensaje correo receta resultados tarjeta factura puntos paquete aviso"
)
_TO_COME = words("off free libre come ir venir volver regresar")
_BEEN = words("in there seen hospital er surgery fui")
_HOPED = words("hoping thinking wondering wanting planning going scheduled supposed told booked looking")
_DOSED = words(
    "pill pills tablet tablets dose doses mg ml insulin advil tylenol ibuprofen aspirin pastilla pastillas tableta "
    "tabletas dosis insulina ibuprofeno paracetamol aspirina gotas"
)
_MEASURED = words("bp pressure temp temperature sugar glucose fever pulse presion temperatura azucar glucosa fiebre")
_RAN = words("was had hit tenia tuvo tuve subio")
_SETS = words(
    "citaron agendaron pusieron dieron cambiaron cancelaron programaron apuntaron anotaron confirmaron dijeron "
    "movieron ofrecieron reagendaron reprogramaron mandaron pasaron dejaron quedaron tocaron pidieron dijieron "
    "quitaron asignaron adelantaron aplazaron"
)
_TOLD = words("dije puse pedi said told offered dijo dijeron dijiste dieron ofrecieron")
_HAPPENS = words(
    "arrives arrive arriving flies fly flying lands landing leaves leave leaving departs returns moves graduates "
    "court corte audiencia meeting junta reunion pick pickup dialysis chemo recojo recoge dialisis quimio travels "
    "marries turns expires retires due graduation "
    "game match recital concert party birthday anniversary flight "
    "trip tournament practice wake levanto levantamos despierto desayuno rehearsal closes cierra cierran festival "
    "election kicks eleccion elecciones interview deadline wedding funeral prom barbecue bbq picnic parade start "
    "starts llega llegan viene vienen sale salen vuela vuelan regresa regresan vuelve vuelven aterriza cumple cumplen "
    "casan gradua mudamos muda partido fiesta cumpleanos vuelo boda graduacion bautizo quinceanera misa concierto "
    "ensayo entrevista mudanza torneo aniversario vence vencen caduca"
)
_OF_OTHERS = words(
    "comes coming visiting drops deja dejan entrega entregan ends ending gets delivers delivering delivered runs run "
    "off works working trabaja trabajan "
    "comienza empieza empiezan comienzan "
    "termina terminan acaba acaban usa usan"
)
_HOME = words("house home casa apartment apartamento depto")
_HAVE = words("tiene tienen")
_WORKS = words("work works")
_FIRST = words("i i'm im i'll ill we we're were we'll yo nosotros")
_OTHERS = words("se he she they it his her the their el la los las su sus")
_WISHES = words(
    "can could would like want wanna need needs may prefer please pls plz book schedule puedo puede pueden podria "
    "podrian "
    "podemos quiero queremos quisiera quisieramos necesito necesitamos prefiero porfa favor agendar seria"
)
_ASKS = words(
    "open free available work works instead slot opening appointment appt come see cita hay tiene tienen mejor libre "
    "disponible visit visita"
)
_ANY = words("any anytime anything whenever see")
_NO_DOING = words(
    "visit visits appointment appointments appt appts apt checkup cleaning slot session cita citas visita consulta "
    "limpieza turno was is are es son daughter dr doctor prefer preference choice option opcion preferencia "
    "hurts hurting aches sick fever pain duele dolor"
)
_DOING = 2
_WISHED = _WISHES | _ASKS | {"so", "asi", "entonces", "what about", "how about", "tal", "anything", "better"}
_RETURNS = words("regresamos volvemos regreso vuelvo drive fly")
_TAKES = words("llevo llevamos dejo dejamos take drop")
_SCHOOL = words("school daycare shop mechanic taller escuela colegio kinder guarderia clases trabajo")
_FETCHES = words("refill refills pickup pick recoger resurtir")
_TELLING = _HAPPENED | _GOT | _DOSED | _MEASURED | words("was take tomo")
_TELLING_OF_ANOTHER = _TELLING | _TOLD | _HAPPENS | _OF_OTHERS | _HOME | _RETURNS | _TAKES | words("fue")


def tells_of_events(c: Context, pieces: list[Piece]) -> bool:
    """Whether the text may tell of any, so that it need be cut into clauses."""
    if len(pieces) > 1 and "my" in c.kinds.values():
        return True
    if c.language == "es" and pieces and any(_is_past_verb(word) for word in c.said):
        return True
    return bool(pieces) and not (_TELLING_OF_ANOTHER if len(pieces) > 1 else _TELLING).isdisjoint(c.said)


def _is_past_verb(word: str) -> bool:
    """Whether the word is a Spanish verb of what some did, but those by which a visit is set: "hicieron"."""
    return word.endswith(("aron", "ieron", "yeron")) and len(word) > 5 and word not in _SETS


def of_events(c: Context, pieces: list[Piece], clauses: list[Clause], ruled_out: set[int]) -> set[int]:
    """The indices of the pieces that belong to an event."""
    over = [clause for clause in clauses if clause.pieces and (_has_happened(clause) or _is_habit(c, pieces, clause))]
    ahead = [clause for clause in clauses if clause.pieces and clause not in over and _will_happen(c, pieces, clause)]
    told = {
        at
        for clause in over
        for at in _before_wish(pieces, clause)
        if not any(_is_spoken_of(c, pieces[n]) for n in clause.pieces)
    }
    ahead = [clause for clause in ahead if not _is_pointed_at(c, clause)]
    others = set(range(len(pieces))) - told - ruled_out - {at for clause in ahead for at in clause.pieces}
    for clause in ahead:
        # A day gives way to another day, an hour alone to another hour: "the bus gets there at 9:20, so 9:30".
        if any(_is_day(pieces[at]) for at in clause.pieces) and any(_is_day(pieces[at]) for at in others):
            told.update(clause.pieces)
        else:
            hours = [pieces[at].found for at in others if isinstance(pieces[at].found, Hours)]
            told.update(at for at in clause.pieces if hours and _gives_way(pieces[at].found, hours))
    return {at for at in told - ruled_out if not isinstance(pieces[at].found, Relation)}


def _before_wish(pieces: list[Piece], clause: Clause) -> tuple[int, ...]:
    """The pieces of a clause without what it wishes behind a day gone by: "it broke last night earliest tomorrow"."""
    past = False
    for n, at in enumerate(clause.pieces):
        if past and isinstance(pieces[at].found, Relation):
            return clause.pieces[:n]
        found = pieces[at].found
        past = past or (isinstance(found, Days) and found.past)
    return clause.pieces


def _gives_way(found: Days | Hours | Relation, others: list[Days | Hours | Relation]) -> bool:
    """Whether the hour is none of the wish; what bounds a mere part of the day stays: "before work, I start at 9"."""
    exact = any(isinstance(other, Hours) and other.low is not None for other in others)
    return isinstance(found, Hours) and (exact or not found.leaving)


def _is_pointed_at(c: Context, clause: Clause) -> bool:
    """Whether the wish behind the clause points back at its day: "insurance kicks in June 15. anytime that day"."""
    end = next((k for k in range(clause.stop + 1, len(c.lexemes)) if c.kind(k) in ("comma", "stop")), len(c.lexemes))
    wished = any(c.lexemes[k].word.partition(" ")[0] in _ANY for k in range(clause.stop, end))
    return wished and points_back(c, clause.stop, end)


def _is_spoken_of(c: Context, piece: Piece) -> bool:
    """Whether the day is what was spoken of, and not when: "you called about Tuesday", "got a text for the 5th"."""
    k = piece.at - 1 - (c.kind(piece.at - 1) in ("the", "the_el"))
    return k >= 0 and c.lexemes[k].word in ("about", "for", "of", "regarding", "sobre", "para", "del")


def _is_day(piece: Piece) -> bool:
    return isinstance(piece.found, Days) and not piece.found.past


def _is_habit(c: Context, pieces: list[Piece], clause: Clause) -> bool:
    """Whether the hours are those at which something is taken every day: "I take metformin at 8"."""
    if any(_is_day(pieces[at]) for at in clause.pieces):
        return False
    for k in range(clause.first, min(clause.stop, pieces[clause.pieces[0]].at) - 1):
        word, following = c.lexemes[k].word, c.lexemes[k + 1]
        taken = word == "tomo" or (word == "take" and c.lexemes[k - 1].word in ("i", "we"))
        if taken and following.kind in ("word", "my", "counted"):
            return True
    return False


def _has_happened(clause: Clause) -> bool:
    """Whether the clause tells what is over: "I fell on Sunday", "recibí la carta el lunes", "took 2 pills at 9"."""
    said = clause.words
    if said & _WISHES or "move" in clause.kinds or said & _TO_COME:
        return False  # "I took Tuesday off", "you called me to come in Tuesday"
    if said & _HAPPENED or any(_is_past_verb(word) for word in said) or (said & _GETTING and said & _GOT):
        return True
    if said & _DOSED or (said & _MEASURED and ("junk" in clause.kinds or said & _RAN)):
        return not said & (_ASKS | _FETCHES)
    return "was" in said and bool(said & _BEEN) and not said & (_HOPED | _ASKS)


def _will_happen(c: Context, pieces: list[Piece], clause: Clause) -> bool:
    """Whether the clause tells of an event, somebody's or one's own, and asks for nothing."""
    said = clause.words
    asks = said & _ASKS - _WORKS - (_HAVE if said & _HAPPENS else frozenset())
    if said & _WISHES or asks or clause.kinds & {"title", "else"}:
        return False
    if "move" in clause.kinds:
        return bool(said & _HOME)  # "moving house on the 5th"
    if said & _RETURNS and not said & _TO_COME and c.kind(pieces[clause.pieces[0]].at) != "from":
        return {"drive", "fly"}.isdisjoint(said) or "back" in said
    if said & _TAKES and said & _SCHOOL:
        return True  # "llevo a mi nieta a la escuela a las 8"
    if said & _TOLD and clause.stop < len(c.lexemes) and c.lexemes[clause.stop].word in ("but", "pero"):
        return True  # "you told me Tuesday at 10 but …"
    if any(c.lexemes[min(pieces[at].stop, len(c.lexemes) - 1)].word in ("was", "fue") for at in clause.pieces):
        return not said & _HOPED  # "Memorial Day was crazy"
    if not said & _WORKS and (said & _HAPPENS or {"se", "casa"} <= said):
        return True
    if _is_of_mine(c, clause, pieces[clause.pieces[0]].at):
        return True
    if not said & _OF_OTHERS or said & _FIRST:
        return False
    # "My wife works Tuesday" tells of somebody; "Tuesday works for my wife" wishes.
    verb = next(k for k in range(clause.first, clause.stop) if c.lexemes[k].word in _OF_OTHERS)
    before = c.lexemes[clause.first : verb]
    others = any(lexeme.kind in ("my", "the", "the_el", "the_la") or lexeme.word in _OTHERS for lexeme in before)
    return others and verb < pieces[clause.pieces[0]].at


def _is_of_mine(c: Context, clause: Clause, at: int) -> bool:
    """Whether the clause tells what somebody or something of the person's does: "my ride drops me off at 2"."""
    k = c.skip(clause.first, ("comma", "stop", "and"))
    k += c.lexemes[k].word in ("because", "since", "cuz", "bc", "so", "porque", "pues", "but", "pero")
    if k >= at or c.kind(k) != "my" or clause.words & _NO_DOING or c.kind(clause.stop - 1) in ("or", "and"):
        return False
    if clause.stop < len(c.lexemes) and c.kind(c.skip(clause.stop, ("comma", "stop"))) in ("or", "and", "my"):
        return False
    wished = any(c.lexemes[n].word in _WISHED for n in range(clause.stop, len(c.lexemes)))
    return wished and sum(c.kind(n) == "word" for n in range(k + 1, at)) >= _DOING
