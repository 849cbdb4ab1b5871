"""Which pieces tell of what happens or has happened, and are no wish: "my mom flies in on the 5th, can we do the 7th".

What has happened asks for nothing. What will happen asks for nothing where another clause names a day to come on.
"""

from bots.dates.clauses import Clause
from bots.dates.lexeme import words
from bots.dates.pieces import Context, Days, Piece

_HAPPENED = words(
    "fell received injured twisted sprained broke began started happened noticed fainted vomited threw mailed called "
    "emailed texted woke arrived landed died took missed tripped burned stung bit tore swallowed ate flared "
    "cai caimos recibi recibimos lastime lastimo golpee golpeo torci torcio corte rompi rompio vomito vomite desmayo "
    "desmaye paso sucedio enferme enfermo operaron empezo comenzo empezaron comenzaron llamaron mandaron enviaron tome "
    "murio nacio desperte queme quemo pico mordio fallecio fui estuve vi comi dieron pusieron sacaron"
)
_GETTING = words("got had came tuve llego llegaron")
_GOT = words(
    "letter call text email message card results result bill sick hurt shot vaccine stitches married referral notice "
    "package voicemail carta llamada mensaje correo receta resultados tarjeta factura puntos paquete aviso"
)
_BEEN = words("in there seen hospital er surgery fui")
_HOPED = words("hoping thinking wondering wanting planning going scheduled supposed told booked looking")
_DOSED = words(
    "pill pills tablet tablets dose doses mg ml insulin advil tylenol ibuprofen aspirin pastilla pastillas tableta "
    "tabletas dosis insulina ibuprofeno paracetamol aspirina gotas"
)
_MEASURED = words("bp pressure temp temperature sugar glucose fever pulse presion temperatura azucar glucosa fiebre")
_HAPPENS = words(
    "arrives arrive arriving flies fly flying lands landing leaves leave leaving departs returns moves graduates "
    "travels marries turns expires retires due graduation game match recital concert party birthday anniversary flight "
    "trip tournament rehearsal interview deadline wedding funeral prom barbecue bbq picnic parade start starts "
    "llega llegan viene vienen sale salen vuela vuelan regresa regresan vuelve vuelven aterriza cumple cumplen "
    "casan gradua mudamos muda partido fiesta cumpleanos vuelo boda graduacion bautizo quinceanera misa concierto "
    "ensayo entrevista mudanza torneo aniversario vence vencen caduca"
)
_OF_OTHERS = words(
    "comes coming visiting ends ending gets delivers delivering delivered runs off comienza empieza empiezan comienzan "
    "termina terminan acaba acaban"
)
_FIRST = words("i i'm im i'll ill we we're were we'll yo nosotros")
_OTHERS = words("he she they it his her the their el la los las su sus")
_WISHES = words(
    "can could would like want wanna need may prefer please pls plz book schedule puedo puede pueden podria podrian "
    "podemos quiero queremos quisiera quisieramos necesito necesitamos prefiero porfa favor agendar seria"
)
_ASKS = words(
    "open free available work works instead slot opening appointment appt come see cita hay tiene tienen mejor libre "
    "disponible visit visita"
)
_FETCHES = words("refill refills pickup pick recoger resurtir")
_TELLING = _HAPPENED | _GOT | _HAPPENS | _OF_OTHERS | _DOSED | _MEASURED | words("was casa")


def tells_of_events(c: Context) -> bool:
    """Whether the text may tell of any."""
    return not _TELLING.isdisjoint(c.said)


def of_events(c: Context, pieces: list[Piece], clauses: list[Clause], ruled_out: set[int]) -> set[int]:
    """The indices of the pieces that belong to an event."""
    over = [clause for clause in clauses if clause.pieces and _has_happened(clause)]
    ahead = [clause for clause in clauses if clause.pieces and clause not in over and _will_happen(c, clause)]
    told = {at for clause in over for at in clause.pieces}
    aside = {at for clause in ahead for at in clause.pieces if any(_is_day(pieces[n]) for n in clause.pieces)}
    wished = any(_is_day(piece) and at not in told | aside | ruled_out for at, piece in enumerate(pieces))
    return (told | aside if wished else told) - ruled_out


def _is_day(piece: Piece) -> bool:
    return isinstance(piece.found, Days) and not piece.found.past


def _has_happened(clause: Clause) -> bool:
    """Whether the clause tells what is over: "I fell on Sunday", "recibí la carta el lunes", "took 2 pills at 9"."""
    said = clause.words
    if said & _WISHES or "move" in clause.kinds or (said & {"off", "free", "libre"}):
        return False  # "I took Tuesday off"
    if said & _HAPPENED or (said & _GETTING and said & _GOT):
        return True
    if said & _DOSED or (said & _MEASURED and "junk" in clause.kinds):
        return not said & (_ASKS | _FETCHES)
    return "was" in said and bool(said & _BEEN) and not said & (_HOPED | _ASKS)


def _will_happen(c: Context, clause: Clause) -> bool:
    """Whether the clause tells of an event, somebody's or one's own, and asks for nothing."""
    said = clause.words
    if said & _WISHES or said & _ASKS or clause.kinds & {"title", "move", "else"}:
        return False
    if said & _HAPPENS or {"se", "casa"} <= said:
        return True
    others = "my" in clause.kinds or bool(said & _OTHERS)
    return bool(said & _OF_OTHERS) and others and not said & _FIRST
