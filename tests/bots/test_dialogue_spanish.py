"""The same conversations in Spanish."""

from tests.bots.talk import THU, TUE, Talk, on


def hablando() -> Talk:
    return Talk(language="es")


async def test_una_reserva() -> None:
    talk = hablando()

    assert await talk.hears("quiero una cita", "book") == (
        "¿Para qué quiere su cita?\n1) Check-up\n2) Vaccination\nPuede incluir la fecha que prefiere."
    )
    assert await talk.hears("la primera, el jueves", "select", choice=1, when=on(THU)) == (
        "Tengo:\n1) jueves 5 mar, 3:00 p. m., Dr. Kim\n2) jueves 5 mar, 4:00 p. m., Dr. Lee\n"
        "Responda con la cifra u otra fecha."
    )
    assert await talk.hears("la de las 3", "select", when=on(THU, "15:00")) == (
        "Cita reservada: jueves 5 mar, 3:00 p. m. con Dr. Kim, Main St. Para cambiarla, escriba.\n"
        "Traiga su documento de identidad y la tarjeta del seguro."
    )


async def test_una_cancelacion() -> None:
    talk = hablando()
    talk.calendar.give("tue-9", "p1")

    assert await talk.hears("cancele mi cita", "cancel") == (
        "¿Cancelo su cita martes 3 mar, 9:00 a. m. con Dr. Kim? Responda SI o NO."
    )
    assert "queda cancelada.\n¿Quiere una nueva hora?" in await talk.hears("sí", "confirm")


async def test_un_cambio() -> None:
    talk = hablando()
    talk.calendar.give("tue-9", "p1")

    await talk.hears("quiero cambiar mi cita", "reschedule")
    assert "¿Cambio su cita a esa hora?" in await talk.hears("martes 2:30", when=on(TUE, "14:30"))
    assert (await talk.hears("sí", "confirm")).startswith("Listo. Su cita ahora es martes 3 mar, 2:30 p. m.")


async def test_the_language_follows_what_the_person_writes_but_not_a_bare_number() -> None:
    talk = Talk()
    talk.language = "es"
    await talk.hears("quiero una cita", "book")
    talk.language = "en"

    await talk.hears("1", "select", choice=1)

    assert talk.state.language == "es"


async def test_the_language_changes_with_a_whole_sentence() -> None:
    talk = Talk()
    await talk.hears("hello", "greeting")
    talk.language = "es"

    assert (await talk.hears("quiero hacer una cita", "book")).startswith("¿Para qué quiere su cita?")
