"""The Spanish words and phrases of days, and of what joins them, by what they mean. Data only.

`lexeme` says what the kinds are. Each entry is folded: lower case, no accents ("manana" is "mañana").
"""

from bots.dates.hours_es import HOURS
from bots.dates.lexeme import Sense, lexicon, words

_SENSES: dict[Sense, str] = {
    ("weekday", 0): "lunes, lun, lunez, lunse, luns, lune",
    ("weekday", 1): "martes, marte, martez, mrtes",
    ("weekday", 2): (
        "miercoles, mier, mie, miercole, mierc, mircoles, miercloes, miecoles, mierkoles, mierccoles, miercls, "
        "mierocles"
    ),
    ("weekday", 3): "jueves, jue, juev, juebes, guebes, jueve, jeves, juves",
    ("weekday", 4): "viernes, vie, vier, biernes, virnes, vierne, vierns, viernez, bierne",
    ("weekday", 5): "sabado, sabados, sab, savado, sabadito, sabdo",
    ("weekday", 6): "domingo, domingos, dom, dominguito",
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
    ("holiday", "christmas"): "navidad, dia de navidad, navida",
    ("holiday", "christmas eve"): "nochebuena, noche buena, vispera de navidad, la vispera de navidad",
    ("holiday", "new year"): "ano nuevo",
    ("holiday", "new year's eve"): "nochevieja, noche vieja, fin de ano, vispera de ano nuevo, ultimo dia del ano",
    ("holiday", "epiphany"): "reyes, dia de reyes, los reyes, dia de los reyes, dia de reyes magos",
    ("holiday", "all souls"): "dia de muertos, dia de los muertos",
    ("holiday", "thanksgiving"): (
        "accion de gracias, dia de accion de gracias, dia de gracias, thanksgiving, san guivin, sanguivin"
    ),
    ("day", 0): "hoy, oy, hoy mas tarde, mas tarde hoy, hoy mismo, hoi, ahoy, el dia de hoy",
    (
        "day",
        1,
    ): "manana, mnn, manna, mñn, manana mismo, el dia de manana, mañna, mnana, manaña, maniana, mñna, manyana, mñana",
    ("day", 2): (
        "pasado manana, pasao manana, pasado mnn, pasadomanana, pasado mana, despues de manana, dia despues de "
        "manana, pasado manna"
    ),
    ("tonight", 0): "esta noche",
    ("a", 1): "un",
    ("ord_word", 1): "primero",
    ("nth", 1): "primer, primera, primeros, primeras",
    ("nth", 2): "segundo, segunda",
    ("nth", 3): "tercer, tercera",
    ("counted", 0): (
        "personas, persona, ninos, nino, hijos, hijo, hijas, anos, pastillas, tabletas, gramos, dolares, pesos, "
        "preguntas, pregunta, veces, vez, citas, cuadras, pacientes, adultos, opciones, calle, piso, grados"
    ),
    ("unit", "year"): "ano",
    ("unit", "month"): "meses, mes",
    ("unit", "week"): "semanas, semana, sem, sems, semanita, semanitas",
    ("unit", "day"): "dias, diitas",
    ("unit", "hour"): "horas, hora, hs, hrs, hr, h",
    ("unit", "minute"): "minutos, minuto, min, mins",
    ("around", 0): (
        "unas, sobre, aproximadamente, a eso de, a eso de las, alrededor de, alrededor de las, cerca de las, como a "
        "las, como a la, tipo las, sobre las, hacia las, por ahi de las, por ahi de la, por ahi a las, por hay de "
        "las, por ahy de las, a eso de la, alrededor de la, cerca de la, aprox a las, mas o menos a las, tipo la, "
        "hacia la, entre eso de las, rozando las, alrededor, allá por las, alla por las, cerca del, alrededor del, "
        "por ai de las, por ai a las, por ay de las, por ahi de, por ahi del, por ay del, por ai del, a eso del"
    ),
    ("around", 1): "como, tipo, cerca de, digamos, pongamos",
    ("past", 0): "ayer, anoche, anteayer, antes de ayer, el ano pasado, antier, ayer por la tarde",
    ("hace", 0): "hace",
    ("filler", 0): "punto, no tengo, muy tarde, tan tarde, demasiado tarde, que tan tarde",
    ("and", 0): "y, e",
    ("or", 0): "o, u",
    ("nor", 0): "ni",
    ("to", 1): "a, al",
    ("the_la", 0): "la",
    ("the_el", 0): "el",
    ("the_el", 1): "los",
    ("this", 0): "este, esta, estos",
    ("next", 1): "proximo, proxima, proximos, proximas, prox, siguiente, siguientes, prx, sig, siguente",
    ("que_viene", 0): (
        "entrante, que viene, q viene, k viene, que entra, que sigue, que biene, ke viene, qviene, venidero, "
        "venidera, q entra, q biene"
    ),
    ("last", 0): "ultimo, ultima, ultimos, ultimas",
    ("last", 1): "pasado, pasada",
    ("in", 1): "en, dentro, dentro de, de hoy en, de aqui a, dentro d, de aca a, en unos, en unas, de manana en",
    ("of", 0): "de, d",
    ("of", 1): "del",
    ("from", 0): (
        "desde, a partir de, a partir del, a partir del dia, desde el, comenzando, empezando, regreso, vuelvo, "
        "estoy de vuelta, estare de vuelta, estoy de regreso, arriba de, a contar del, a contar de, regresamos, "
        "volvemos, estamos de vuelta, llegamos, llego"
    ),
    ("until", 0): "hasta, hasta las, de aqui al, de aqui hasta, hasta el, hasta la",
    ("between", 0): "entre, entre las, entre la",
    ("before", 0): (
        "antes, antes de, antes de las, antes del, previo a, antes d, antes de la, antes de que sea, mas temprano "
        "que, antes de ser, antes de que empiecen, antes de que empiece, mas pronto que, mas pronto que el, antes que "
        "el, antesito de las, antesito de"
    ),
    ("after", 0): (
        "despues, pasando, pasadas, despues de, despues de las, despues del, a partir de las, despues de la, dspues de "
        "las, dspues, despues d, despues d las, luego de, luego de las, luego de la, luego del, mas tarde de las, mas "
        "tarde que, mas alla de las, mas tarde d las, mas tarde de la, pasada, pasando las, pasado el, pasando el, "
        "posterior a las, arriba de las, de despues de las, a partir de la, despuesito de las, despuesito de, "
        "pasaditas las, pasaditas, posterior a, pasadas las, pasado de las, pasando de las, pasadito de las, pasadita "
        "de las, pasaditas de las, pasadito de la, pasadita la"
    ),
    ("after", 1): (
        "no antes de, no antes de las, no antes del, lo mas temprano que puedo es a las, lo mas temprano es a las, lo "
        "mas temprano seria a las, lo mas temprano que puedo llegar es a las, como muy pronto a las, como muy "
        "temprano a las, no antes de unas, no antes de unos, por lo menos en, al menos en"
    ),
    ("for", 0): "para, por, pa",
    ("comma", 0): "o sea, osea, es decir",
    ("dia", 0): "dia, los dias",
    ("each", 0): "cada, todos, todas",
    ("early", 0): (
        "principios, inicios, comienzos, principio, inicio, primeros dias, los primeros dias, comienzo, a primeros"
    ),
    ("mid", 0): "mediados, mitad, a mitad, mediado",
    ("late", 0): "fin, fines, final, finales, ultimos dias, los ultimos dias, a ultimos",
    ("late", 1): "resto",
    ("weekend", 0): (
        "finde, fin de semana, fines de semana, fin de sem, wikend, el weekend, finde semana, este fin, el fin que "
        "viene, fin que viene, proximo fin"
    ),
    ("relation", "earlier"): "antecitos, mas temprano, mas pronto, un poco antes",
    ("relation", "soonest"): (
        "lo mas temprano posible, lo mas temprano, lo antes posible, lo mas pronto posible, lo mas pronto, cuanto "
        "antes, lo mas rapido posible, primera disponible, primera cita disponible, proxima disponible, proxima cita "
        "disponible, lo mas pronto que se pueda, lo antes que se pueda, lo mas rapido, primer disponible, primer "
        "espacio disponible, primera que tengan, lo que tengan mas pronto, mientras mas pronto mejor, entre mas "
        "pronto mejor, cuanto antes mejor, lo mas proximo, en cuanto puedan, lo mas cercano posible, la mas pronta, "
        "urgente lo antes posible, ahorita mismo, ahora mismo, ya mismo, la proxima que tengan, la proxima que tenga, "
        "la proxima que haya, la mas cercana, lo primero que tenga, lo primero que tengan, lo primero que haya, la "
        "primera que tenga, la primera que haya, la primera que tengas, el primero que tenga, el primero que tengan, "
        "el primero que haya, la que tengan mas pronto, la mas proxima"
    ),
    ("relation", "later"): "mas tarde, mas tardecito, un poco despues, mas tardesito",
    ("no_es", 0): "no",
    ("not", 0): (
        "no pude, no pude ir, no pude llegar, no pudimos, no pudimos ir, nada, excepto, ecxepto, esepto, exepto, "
        "ecepto, exsepto, eccepto, excecto, execpto, esxepto, esecto, exeto, salvo, salbo, tampoco, no puedo, no me "
        "sirve, no me queda, no me viene bien, no se puede, no estoy, no voy a poder, no voy a poder ir, no voy a "
        "poder llegar, no voy a alcanzar, no voy a alcanzar a llegar, no voy a llegar, no voy a ir, no vamos a "
        "poder, no vamos a llegar, no podre, no podre ir, no podremos, no llegare, no alcanzare, no puedo llegar, "
        "que no sea, no quiero que sea, no quiero que caiga, no quiero que quede, no quiero que me toque, menos el, "
        "menos los, no es, a excepcion de, exceptuando, fuera de, que no sean, ocupado, ocupada, de viaje, de "
        "vacaciones, fuera de la ciudad, no ando, no me va, no me conviene, no me acomoda, no me funciona, no sirve, "
        "no puedo ir, no puedo los, quitando, menos las, menos la, que no caiga, no estare, no estaremos, no hay "
        "manera, imposible, imposible los, olvide el, olvida el, brinquese el, fuera del, nunca, jamas, ni de "
        "chiste, ni loca, ni loco, ni de broma, ni hablar, ni pensarlo, evite, eviteme, evitame, evitenme, evitar, "
        "evitando, no llego, no llegamos, no alcanzo, no alcanzo a llegar, no me da tiempo, no tengo quien me lleve, "
        "no hay quien me lleve, no tengo carro, no tengo coche, no tengo transporte, no tengo como ir, no tengo "
        "ride, no tengo raite, no tengo aventon, me viene mal, me viene fatal, me queda mal, me va mal, me cae mal, "
        "viajo"
    ),
    ("else", 0): (
        "si no, si ya no, o si no, de lo contrario, si no hasta, si no hasta el, o si no hasta, o si no hasta el"
    ),
    ("not", 1): "mejor que, en vez de, en vez del, en lugar de, en lugar del, mas que, antes que",
    ("fix", 0): (
        "mejor, perdon, digo, espera, no espera, no perdon, no mejor, mejor dicho, quise decir, perdona, perdone, "
        "me equivoque, mas bien, corrijo, quiero decir, no no, ay no, ay perdon, o mejor, no espere, disculpe, "
        "disculpa, pero era, pero eran, queria decir, quise poner"
    ),
    ("title", 0): "dr, dra, doctor, doctora, sr, sra, senor, senora",
    ("ailing", 0): (
        "duele, duelen, dolor, tengo, siento, estoy, enfermo, enferma, enfermito, enfermita, fiebre, calentura, "
        "calenturas, tos, mal, malito, malita, gripa, gripe, vomito, vomitos, diarrea, ronchas, sarpullido, hinchado, "
        "hinchada, inflamado, inflamada, catarro"
    ),
    ("my", 0): "mi",
    ("move", 0): (
        "me la pasa, me la pasan, me la pasas, me lo pasa, me lo pasan, nos la pasa, nos la pasan, mover, cambiar, "
        "cambie, cambien, pasar, reprogramar, posponer, cambiarla, cambiarlo, cambiala, moverla, moverlo, pasarla, "
        "pasarlo, reagendar, aplazar, cambiela, cambielo, adelantar, adelantarla, adelantarme, adelanten, atrasar, "
        "atrasarla, cambieme, cambiame, cambiarme, cambiarnos, moverme, movernos, moverle, pasarme, pasarnos, "
        "recorrerme, cambiarmela, muevela, muevelo, mueva, muevame, mueveme, paseme, pasela, pasame, pasala, "
        "recorrer, correr, cambio, reprograme, reprogramen, reagende, reagenden, posponga, pospongan, aplace, "
        "muevalo, muevala, muevanla, muevanlo, muevemela, pasenla, paselo, pasalo, pasemela, adelantela, adelanteme, "
        "adelantenme, recorrala, cambienla, cambienlo, cambia, cambian, mueve, mueven, pase, pasen, muevan, "
        "cambienme, recorra, recorran, intercambiar, reemplazar, sustituir, reagendarla, reprogramarla, cambiarmelo, "
        "cambiemela, cambiamela, atrase, atrasa, recorre, posponla, aplaza, reprograma, reagenda"
    ),
    ("greeting", 0): (
        "buenos dias, buen dia, buenas tardes, buenas noches, buena tarde, hasta manana, hasta luego, que tenga "
        "buen dia"
    ),
    ("onward", 0): (
        "en adelante, o mas tarde, o despues, o despues de eso, para adelante, pa delante, en delante, hacia "
        "adelante, pa adelante, pa lante, palante, para arriba, pa arriba, parriba, hacia arriba, hasta el cierre, "
        "hasta que cierren, hasta cerrar, hasta que cierran"
    ),
    ("or_before", 0): "o antes, o mas temprano, o antesito, a lo mas tardar, a lo mas, lo mas tarde",
    ("by", 0): (
        "a mas tardar, a mas tardar el, a mas tardar a las, maximo, maximo a las, como maximo, antes o el, no mas "
        "tarde de las, no mas tarde de, no mas tarde que, no mas tarde del, lo mas tarde a las, lo mas tarde es a "
        "las, lo mas tarde "
        "seria a las, lo mas tarde que puedo es a las, como muy tarde a las, como muy tarde, a lo mas tarde, que no "
        "pase de las, que no pase del, que no pase de, no mas alla del, no mas alla de las"
    ),
    ("weekdays", 0): (
        "entre semana, dias de semana, entresemana, entre semana nomas, dia de semana, dias habiles, dia habil, "
        "dias laborables, dia laboral, dias laborales"
    ),
    ("next weekend", 0): "fin de semana que viene, proximo fin de semana",
    ("week", 1): (
        "la otra semana, la semana entrante, la semana que sigue, la otra sem, la prox sem, la semana proxima, otra "
        "semana, otra sem, semana entrante, semana que sigue, esta semana que viene, esta semana que entra, esta "
        "semana entrante"
    ),
    ("months", 1): "otro mes, el otro mes",
    ("from_now", 0): "a partir de ahora, desde ahora, desde hoy",
    ("span days", 3): "unos dias",
    ("span days", 7): "ocho dias, 8 dias",
    ("span days", 14): "quince dias, 15 dias",
    ("period", "this month"): "este mes, el mes en curso",
    ("period", "this week"): "esta semana, esta misma semana",
    ("holiday", "good friday"): "viernes santo",
    ("holiday", "holy thursday"): "jueves santo",
    ("holiday", "holy week"): "semana santa",
    ("holiday", "easter"): "domingo de pascua, pascua, domingo de resurreccion",
    ("holiday", "black friday"): "viernes negro",
    ("holiday", "valentine"): "san valentin, dia de san valentin, dia del amor, dia de los enamorados",
    ("holiday", "mother"): "dia de la madre, dia de las madres",
    ("holiday", "father"): "dia del padre",
    ("holiday", "labor"): "dia del trabajo",
    ("holiday", "veterans"): "dia de los veteranos",
    ("holiday", "king"): "dia de martin luther king",
    ("holiday", "presidents"): "dia de los presidentes",
    ("holiday", "independence"): "dia de la independencia, cuatro de julio, 4 de julio",
    ("holiday", "guadalupe"): "dia de la virgen, dia de la virgen de guadalupe, dia de guadalupe",
    ("holiday", "all saints"): "dia de todos los santos, todos los santos",
    ("holiday", "the holidays"): (
        "las fiestas, las fiestas de navidad, las fiestas de fin de ano, fiestas, navidades, las navidades, "
        "vacaciones de navidad, las vacaciones de navidad"
    ),
    ("week", 2): (
        "la semana despues de la proxima, dentro de dos semanas mas, la semana despues de la que viene, la "
        "subsiguiente semana, la semana subsiguiente"
    ),
    ("period", "later this week"): (
        "mas tarde esta semana, lo que queda de la semana, lo que resta de la semana, en lo que queda de semana"
    ),
    ("day_on", 1): (
        "al dia siguiente, el dia siguiente, al otro dia, el otro dia despues, el dia despues, un dia despues, al "
        "siguiente dia, el siguiente dia"
    ),
    ("day_on", 7): (
        "el que sigue, sino el otro, sino el siguiente, sino el que sigue, el de la otra semana, el siguiente, el "
        "otro, el que viene, el proximo, sino el que viene, sino el proximo"
    ),
    ("period_on", 7): (
        "la que sigue, la siguiente, la otra, la proxima, la que viene, la de despues, sino la que sigue, sino la "
        "siguiente, sino la otra, sino la proxima, sino la que viene, la de mas adelante, para la otra, para la "
        "siguiente, para la que sigue, para la proxima, a la otra, a la siguiente, a la proxima, a la que sigue"
    ),
    ("holiday", "groundhog"): "la candelaria, dia de la candelaria, candelaria",
    ("eve_of", 0): "vispera de, la vispera de, visperas de, la vispera del, vispera del",
    ("until_end", 0): (
        "antes de que termine, antes de que acabe, antes de que se acabe, antes de terminar, antes de acabar, antes "
        "de que se termine, antes del fin de, antes del final de"
    ),
    ("not_then", 0): "ese dia no, esos dias no, ese no, esa semana no",
    ("holiday", "payday"): "quincena, dia de quincena, dia de la quincena, esta quincena, dia de pago",
    ("new year", 0): (
        "en el ano nuevo, el ano que viene, el ano entrante, el proximo ano, ano que viene, ano entrante, empezando "
        "el ano, a principios de ano, a principios del ano, a principio de ano, principios de ano"
    ),
    ("after_that", 0): (
        "despues de esa hora, despues de eso, de ahi en adelante, a partir de esa hora, luego de esa hora, de ahi en "
        "delante, despues de ahi, a partir de ahi, despues de ese dia, despues de esa fecha, asi que despues, "
        "entonces despues"
    ),
    ("before_that", 0): (
        "antes de eso, antes de ese dia, antes de esa fecha, antes d esa fecha, antes d ese dia, algo antes, cualquier "
        "dia antes, antes nada mas, asi que antes, entonces antes"
    ),
    ("mid", 2): "media semana, mitad de semana, mitad de la semana, mediados de semana",
}

WORDS, PHRASES = lexicon(_SENSES | HOURS)

# Words that tell the language of a text.
MARKERS = words(
    "al cita con de del domingo el en es gracias hola hoy jueves la las los lunes manana martes mas me mi "
    "miercoles necesito noche para por proxima proximo puede puedo que quiero sabado se semana si "
    "tarde un una viernes y"
)
