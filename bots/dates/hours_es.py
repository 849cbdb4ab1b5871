"""The Spanish words and phrases of hours, numbers and parts of the day, as in `words_es`. Data only."""

from bots.dates.lexeme import Sense

HOURS: dict[Sense, str] = {
    ("part", "night"): "noches, noche, la noche",
    ("part", "morning"): (
        "mananas, la manana, las mananas, toda la manana, cualquier manana, alguna manana, cada manana, "
        "una manana, antes del almuerzo, antes de comer, antes de almorzar, antes de la comida, antes del "
        "almuerzito, horas de la manana, las mananitas, a la manana"
    ),
    ("part", "early"): "temprano, mananita, la mananita, la manianita, manianita",
    ("part", "very early"): (
        "tempranito, muy temprano, bien temprano, bien tempranito, super temprano, mas tempranito, muy tempranito, tan "
        "temprano, tan tempranito"
    ),
    ("part", "early morning"): (
        "madrugada, la madrugada, temprano en la manana, temprano por la manana, temprano de manana, antes "
        "del trabajo, antes de entrar a trabajar, antes de ir a trabajar, antes de trabajar, antes de la escuela, la "
        "manana temprano, en "
        "la manana temprano, por la manana temprano, de manana temprano"
    ),
    ("part", "tarde"): "tardecita, la tarde, las tardes, en tarde",
    ("part", "first thing"): (
        "a primera hora, primera hora, primera hora de la manana, a primera hora de la manana, cuando abran, cuando "
        "abren, apenas abran, en cuanto abran, al abrir, a la apertura, a la primera hora, cuando abra la clinica, "
        "cuando abre la clinica, cuando abran la clinica, al empezar el dia, al principio del dia, al inicio del dia"
    ),
    ("part", "day end"): (
        "a ultima hora, ultima hora, al final del dia, antes de que cierren, antes de cerrar, al cierre, ultima cita "
        "del dia, al ultimo, a la ultima hora, al final de la jornada, final del dia, la ultima del dia, ultima del "
        "dia, la ultima cita del, la ultima cita de, la ultima del, ultimo turno del dia, lo mas tarde que tengan, lo "
        "mas tarde que tenga, lo mas tarde que haya, lo mas tarde posible"
    ),
    ("part", "mid morning"): "media manana, a media manana, mitad de la manana, a mitad de la manana",
    ("part", "mid afternoon"): "media tarde, a media tarde, mitad de la tarde, a mitad de la tarde",
    ("part", "late afternoon"): (
        "al final de la tarde, tarde noche, al caer la tarde, fin de la tarde, tarde en la tarde, mas tarde en la "
        "tarde, la nochecita, nochecita, a ultima hora de la tarde, ultima hora de la tarde"
    ),
    ("part", "after work"): (
        "despues del trabajo, despues de trabajar, saliendo del trabajo, al salir del trabajo, cuando salga del "
        "trabajo, cuando salgo del trabajo, despues de mi trabajo, despues de salir del trabajo, saliendo de "
        "trabajar, despues de mi turno, luego del trabajo, saliendo de la chamba, despues de la chamba, despues del "
        "jale, saliendo del jale, despues de la oficina"
    ),
    ("part", "after school"): (
        "despues de la escuela, despues de clases, despues de clase, saliendo de la escuela, al salir de la escuela, "
        "cuando salga de la escuela, cuando salgan de la escuela, despues del colegio, saliendo del colegio, despues "
        "de la salida de la escuela, cuando salen de la escuela, despues del cole, saliendo del cole, a la salida del "
        "cole, al salir del cole"
    ),
    ("part", "after lunch"): (
        "despues del almuerzo, despues de almorzar, despues de comer, despues de la comida, luego del almuerzo, "
        "despues de la hora de comer, luego de almorzar, luego de comer, despues del lonche, despues de lonche, "
        "despues de la hora del almuerzo, despues de almuerzo"
    ),
    ("part", "lunch"): (
        "a la hora del almuerzo, hora del almuerzo, a la hora de comer, hora de comer, hora de la comida, a la hora "
        "de la comida, hora de almuerzo, a la hora de almuerzo, hora del lonche, a la hora del lonche, hora del "
        "lunch, a la hora del lunch, mi hora de almuerzo, mi hora de comida, mi hora de lonche, mi hora de comer, "
        "mi hora de lunch, hora de almorzar, a la hora de almorzar"
    ),
    ("part", "all day"): "todo el dia, cualquier hora, a la hora que sea, a cualquier hora, el dia entero",
    ("part?", "tarde"): "tarde, tardes",
    ("part today", "morning"): (
        "esta manana, esta misma manana, hoy en la manana, hoy por la manana, ahorita en la manana"
    ),
    ("part today", "tarde"): (
        "esta tarde, hoy tarde, esta misma tarde, hoy mismo en la tarde, ahorita en la tarde, ahorita por la tarde, "
        "hoy en la tarde, hoy por la tarde, hoy a la tarde"
    ),
    ("noon", 0): "medianoche, media noche",
    ("noon", 12): "mediodia, medio dia, las doce del dia, las 12 del dia",
    ("mer", "am"): "am",
    ("mer", "pm"): "pm",
    ("oclock", 0): "en punto, exactas, clavadas, en punto exacto, del mediodia, del medio dia, de mediodia",
    ("ish", 0): (
        "y pico, mas o menos, o algo asi, o algo, o por ahi, o cerca, aprox, masomenos, y algo, "
        "mas menos, o por hay, o asi"
    ),
    ("num", 0): "cero",
    ("num", 1): "uno, una",
    ("num", 2): "dos, par, un par de",
    ("num", 3): "tres, unos",
    ("num", 4): "cuatro",
    ("num", 5): "cinco, sinco",
    ("num", 6): "seis, seiz, ceis",
    ("num", 7): "siete",
    ("num", 8): "ocho, hocho, osho",
    ("num", 9): "nueve, nuebe",
    ("num", 10): "diez, dies, die",
    ("num", 11): "once, onse",
    ("num", 12): "doce, dose",
    ("num", 13): "trece, trese",
    ("num", 14): "catorce, catorse",
    ("num", 15): "quince, quinse",
    ("num", 16): "dieciseis",
    ("num", 17): "diecisiete",
    ("num", 18): "dieciocho",
    ("num", 19): "diecinueve",
    ("num", 20): "veinte, beinte",
    ("num", 21): "veintiuno",
    ("num", 22): "veintidos",
    ("num", 23): "veintitres",
    ("num", 24): "veinticuatro",
    ("num", 25): "veinticinco",
    ("num", 26): "veintiseis",
    ("num", 27): "veintisiete",
    ("num", 28): "veintiocho",
    ("num", 29): "veintinueve",
    ("num", 30): "treinta, trenta",
    ("num", 40): "cuarenta",
    ("num", 50): "cincuenta",
    ("half_es", 30): "media",
    ("quarter_es", 15): "cuarto",
    ("minus", 0): "menos",
    ("at", 0): "a las, alas, a hrs, a horas",
    ("at", 1): "las",
    ("at", 2): "para las, pa las",
    ("y_media", -15): "menos cuarto, menos quarto, menos quince, menos un cuarto",
    ("y_media", 15): "y cuarto, y quarto, y un cuarto",
    ("y_media", 30): "y media, i media, y treinta, y 30",
    ("to_hour", 15): (
        "cuarto para, un cuarto para, cuarto pa, un cuarto pa, cuarto a, faltando un cuarto para, faltando cuarto "
        "para, 15 para, quince para, quince pa"
    ),
    ("half_hour", 30): "media hora",
    ("at_one", 0): "ala una",
    ("at_la", 0): "a la, para la",
    ("at_or_from", 0): "de las",
    ("part", "late morning"): "al final de la manana, tarde en la manana, a finales de la manana",
    ("part", "early afternoon"): (
        "temprano en la tarde, temprano por la tarde, a primera hora de la tarde, al principio de la tarde, tarde "
        "temprano"
    ),
    ("to_hour", 10): "10 para, diez para, 10 pa, diez pa, faltando diez para, faltando 10 para",
    ("to_hour", 5): "5 para, cinco para, 5 pa, cinco pa, faltando cinco para, faltando 5 para",
    ("to_hour", 20): "20 para, veinte para, veinte pa, faltando veinte para, faltando 20 para",
    ("y_media", -10): "menos diez",
    ("y_media", -5): "menos cinco",
    ("y_media", -20): "menos veinte, menos 20",
    ("same_hour", 0): (
        "a esa hora, a esa misma hora, esa misma hora, a la misma hora, misma hora, la misma hora, el mismo horario, "
        "al mismo horario, mismo horario"
    ),
    ("too_early", 0): (
        "es muy temprano, es demasiado temprano, muy temprano para mi, es muy pronto, es demasiado pronto"
    ),
    ("too_late", 0): "es muy tarde, es demasiado tarde, muy tarde para mi, es tardisimo",
    ("part today", "night"): "hoy en la noche, hoy por la noche, esta misma noche",
}
