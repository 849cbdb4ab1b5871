"""The Spanish words and phrases of the line by what they mean; `lexeme` says what the kinds are. Data only.

Each entry is folded: lower case, no accents ("manana" is "mañana").
"""

from bots.dates.lexeme import Sense, lexicon, words

_SENSES: dict[Sense, str] = {
    ("weekday", 0): "lunes, lun, lunez",
    ("weekday", 1): "martes, marte",
    ("weekday", 2): "miercoles, mier, mie, miercole, mierc, mircoles, miercloes, miecoles, mierkoles",
    ("weekday", 3): "jueves, jue, juev, juebes, guebes",
    ("weekday", 4): "viernes, vie, vier, biernes, virnes, vierne",
    ("weekday", 5): "sabado, sabados, sab, savado",
    ("weekday", 6): "domingo, domingos, dom",
    ("month", 1): "enero, ene",
    ("month", 2): "febrero, feb",
    ("month", 3): "marzo",
    ("month", 4): "abril, abr",
    ("month", 5): "mayo",
    ("month", 6): "junio, jun",
    ("month", 7): "julio, jul",
    ("month", 8): "agosto, ago",
    ("month", 9): "septiembre, setiembre, sept, sep, set",
    ("month", 10): "octubre, oct",
    ("month", 11): "noviembre, nov",
    ("month", 12): "diciembre, dic",
    ("mar", 3): "mar",
    ("holiday", "christmas"): "navidad, navidades",
    ("holiday", "christmas eve"): "nochebuena, noche buena",
    ("holiday", "new year"): "ano nuevo",
    ("holiday", "new year's eve"): "nochevieja, noche vieja, fin de ano",
    ("holiday", "epiphany"): "reyes, dia de reyes",
    ("holiday", "all souls"): "dia de muertos, dia de los muertos",
    ("holiday", "thanksgiving"): "accion de gracias, dia de accion de gracias",
    ("day", 0): "hoy, oy, hoy mas tarde, mas tarde hoy",
    ("day", 1): "manana, mnn, manna",
    ("day", 2): "pasado manana, pasao manana",
    ("tonight", 0): "esta noche",
    ("part", "night"): "noches, noche, la noche",
    ("part", "morning"): (
        "mananas, temprano, la manana, las mananas, toda la manana, cualquier manana, alguna manana, cada manana, "
        "una manana, antes del almuerzo, antes de comer, antes de almorzar"
    ),
    ("part", "early morning"): (
        "mananita, madrugada, tempranito, la madrugada, temprano en la manana, temprano por la manana, muy "
        "temprano, bien temprano"
    ),
    ("part", "tarde"): "tardecita, la tarde, las tardes, en tarde",
    ("part", "first thing"): "a primera hora, primera hora, primera hora de la manana, a primera hora de la manana",
    ("part", "day end"): "a ultima hora, ultima hora, al final del dia",
    ("part", "mid morning"): "media manana, a media manana",
    ("part", "mid afternoon"): "media tarde, a media tarde",
    ("part", "late afternoon"): "al final de la tarde",
    ("part", "after work"): "despues del trabajo, despues de trabajar",
    ("part", "after school"): "despues de la escuela",
    ("part", "after lunch"): "despues del almuerzo, despues de almorzar, despues de comer",
    ("part", "lunch"): "a la hora del almuerzo, hora del almuerzo",
    ("part?", "tarde"): "tarde, tardes",
    ("part today", "morning"): "esta manana",
    ("part today", "tarde"): "esta tarde, hoy tarde",
    ("noon", 0): "medianoche, media noche",
    ("noon", 12): "mediodia, medio dia",
    ("mer", "am"): "am",
    ("mer", "pm"): "pm",
    ("oclock", 0): "en punto",
    ("ish", 0): "y pico, mas o menos, o algo asi",
    ("num", 0): "cero",
    ("num", 1): "uno, una",
    ("num", 2): "dos, par, un par de",
    ("num", 3): "tres, unos",
    ("num", 4): "cuatro",
    ("num", 5): "cinco",
    ("num", 6): "seis",
    ("num", 7): "siete",
    ("num", 8): "ocho",
    ("num", 9): "nueve",
    ("num", 10): "diez",
    ("num", 11): "once",
    ("num", 12): "doce",
    ("num", 13): "trece",
    ("num", 14): "catorce",
    ("num", 15): "quince",
    ("num", 16): "dieciseis",
    ("num", 17): "diecisiete",
    ("num", 18): "dieciocho",
    ("num", 19): "diecinueve",
    ("num", 20): "veinte",
    ("num", 21): "veintiuno",
    ("num", 22): "veintidos",
    ("num", 23): "veintitres",
    ("num", 24): "veinticuatro",
    ("num", 25): "veinticinco",
    ("num", 26): "veintiseis",
    ("num", 27): "veintisiete",
    ("num", 28): "veintiocho",
    ("num", 29): "veintinueve",
    ("num", 30): "treinta",
    ("num", 40): "cuarenta",
    ("num", 50): "cincuenta",
    ("a", 1): "un",
    ("ord_word", 1): "primero",
    ("nth", 1): "primer, primera",
    ("nth", 2): "segundo, segunda",
    ("nth", 3): "tercer, tercera",
    ("counted", 0): (
        "personas, persona, ninos, nino, hijos, hijo, hijas, anos, pastillas, tabletas, gramos, dolares, pesos, "
        "preguntas, pregunta, veces, vez, citas, cuadras, pacientes, adultos, opciones, calle, piso, grados"
    ),
    ("unit", "year"): "ano",
    ("unit", "month"): "meses, mes",
    ("unit", "week"): "semanas, semana",
    ("unit", "day"): "dias",
    ("unit", "hour"): "horas, hora",
    ("unit", "minute"): "minutos, minuto",
    ("unit", "fortnight"): "quincena",
    ("around", 0): (
        "unas, sobre, aproximadamente, a eso de, a eso de las, alrededor de, alrededor de las, cerca de las, como "
        "a las, como a la, tipo las, sobre las, hacia las, por ahi de las"
    ),
    ("around", 1): "como, tipo, cerca de",
    ("past", 0): "ayer, anoche, anteayer, antes de ayer, el ano pasado",
    ("hace", 0): "hace",
    ("filler", 0): "punto, no tengo",
    ("half_es", 30): "media",
    ("quarter_es", 15): "cuarto",
    ("minus", 0): "menos",
    ("and", 0): "y, e",
    ("or", 0): "o, u",
    ("nor", 0): "ni",
    ("to", 1): "a, al",
    ("at", 0): "a las, alas",
    ("at", 1): "las",
    ("at", 2): "para las, pa las",
    ("the_la", 0): "la",
    ("the_el", 0): "el",
    ("the_el", 1): "los",
    ("this", 0): "este, esta, estos",
    ("next", 1): "proximo, proxima, proximos, proximas, prox, siguiente, siguientes",
    ("que_viene", 0): "entrante, que viene, q viene, k viene, que entra, que sigue",
    ("last", 0): "ultimo, ultima",
    ("last", 1): "pasado, pasada",
    ("in", 1): "en, dentro, dentro de, de hoy en, de aqui a",
    ("of", 0): "de",
    ("of", 1): "del",
    ("from", 0): "desde, a partir de, a partir del",
    ("until", 0): "hasta, hasta las, de aqui al, de aqui hasta",
    ("between", 0): "entre, entre las, entre la",
    ("before", 0): "antes, antes de, antes de las, antes del",
    ("after", 0): "despues, pasadas, despues de, despues de las, despues del, a partir de las",
    ("after", 1): "no antes de, no antes de las, no antes del",
    ("for", 0): "para, por",
    ("dia", 0): "dia",
    ("each", 0): "cada, todos, todas",
    ("early", 0): "principios, inicios, comienzos, principio, inicio",
    ("mid", 0): "mediados",
    ("late", 0): "fin, fines, final, finales",
    ("late", 1): "resto",
    ("weekend", 0): "finde, fin de semana, fines de semana",
    ("relation", "earlier"): "antecitos, mas temprano, mas pronto, un poco antes",
    ("relation", "soonest"): (
        "lo mas temprano posible, lo mas temprano, lo antes posible, lo mas pronto posible, lo mas pronto, cuanto "
        "antes, lo mas rapido posible, primera disponible, primera cita disponible, proxima disponible, proxima "
        "cita disponible"
    ),
    ("relation", "later"): "mas tarde, mas tardecito, un poco despues",
    ("no_es", 0): "no",
    ("not", 0): (
        "nada, excepto, salvo, tampoco, no puedo, no me sirve, no me queda, no me viene bien, no se puede, no trabajo, "
        "no estoy, no voy a poder, no podre, que no sea, menos el, menos los, no es"
    ),
    ("else", 0): "si no, o si no, de lo contrario",
    ("not", 1): "mejor que, en vez de, en vez del, en lugar de, en lugar del",
    ("fix", 0): "mejor, perdon, digo, espera, no espera, no perdon, no mejor, mejor dicho, quise decir",
    ("title", 0): "dr, dra, doctor, doctora, sr, sra, senor, senora",
    ("ailing", 0): "duele, duelen, dolor, tengo, siento, estoy, enfermo, enferma, fiebre, tos, mal",
    ("my", 0): "mi",
    ("move", 0): (
        "mover, cambiar, cambie, cambien, pasar, reprogramar, posponer, cambiarla, cambiarlo, cambiala, moverla, "
        "moverlo, pasarla, pasarlo, reagendar, aplazar, cambiela, cambielo, cambieme, cambiame, cambiarme, "
        "cambiarmela, muevela, muevelo, mueva, muevame, mueveme, paseme, pasela, pasame, pasala, recorrer, correr"
    ),
    ("greeting", 0): (
        "buenos dias, buen dia, buenas tardes, buenas noches, buena tarde, hasta manana, hasta luego, que tenga "
        "buen dia"
    ),
    ("y_media", -15): "menos cuarto, menos quarto",
    ("y_media", 15): "y cuarto",
    ("y_media", 30): "y media",
    ("to_hour", 15): "cuarto para, un cuarto para, cuarto pa, un cuarto pa",
    ("half_hour", 30): "media hora",
    ("at_one", 0): "ala una",
    ("at_la", 0): "a la, para la",
    ("at_or_from", 0): "de las",
    ("onward", 0): "en adelante, o mas tarde, o despues",
    ("or_before", 0): "o antes",
    ("by", 0): "a mas tardar",
    ("weekdays", 0): "entre semana, dias de semana",
    ("next weekend", 0): "fin de semana que viene, proximo fin de semana",
    ("week", 1): "la otra semana, la semana entrante",
    ("from_now", 0): "a partir de ahora, desde ahora, desde hoy",
    ("span days", 3): "unos dias",
    ("span days", 7): "ocho dias, 8 dias",
    ("span days", 14): "quince dias, 15 dias",
    ("period", "this month"): "este mes",
    ("period", "this week"): "esta semana",
}

WORDS, PHRASES = lexicon(_SENSES)

# Words that tell the language of a text.
MARKERS = words(
    "al cita con de del domingo el en es gracias hola hoy jueves la las los lunes manana martes mas me mi "
    "miercoles necesito no noche para por proxima proximo puede puedo que quiero sabado se semana si "
    "tarde un una viernes y"
)
