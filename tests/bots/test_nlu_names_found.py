"""What a text names: the clinic's people and services, a pick from an offer, the writer's own name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.nlu.choice import LAST, pick
from bots.nlu.gazetteer import gazetteer
from bots.nlu.model import Catalogue
from bots.nlu.names import given_name, without

CLINIC = Catalogue(
    providers=(
        "Dr. Minh Kim",
        "Dr. Ana Reyes",
        "Dr. Priya Patel",
        "James Okafor, MD",
        "Dr. Laura May",
        "Weber, Carl DDS",
    ),
    specialties=("Dentistry", "Dermatology", "Gynecology", "Family Medicine", "Physical Therapy"),
    visit_types=(
        *("Dental cleaning", "New patient visit", "Annual physical", "Follow-up visit"),
        *("Vaccination", "Video visit", "Blood test", "Eye exam"),
    ),
)


@pytest.mark.parametrize(
    ("text", "provider"),
    [
        ("dr kim", "Dr. Minh Kim"),
        ("with Kim please", "Dr. Minh Kim"),
        ("Minh Kim", "Dr. Minh Kim"),
        ("can i see dr. kimm tomorrow", "Dr. Minh Kim"),
        ("doctora Reyes", "Dr. Ana Reyes"),
        ("con la dra reyez", "Dr. Ana Reyes"),
        ("doctor pattel", "Dr. Priya Patel"),
        ("is okafor free friday", "James Okafor, MD"),
        ("dr weber", "Weber, Carl DDS"),
        ("dr may on may 5", "Dr. Laura May"),
        ("may 5 works", None),
        ("i may come", None),
        ("a doctor please", None),
        ("the kimono shop", None),
        ("any doctor", None),
    ],
)
def test_a_provider_is_known_by_title_surname_and_misspelling(text: str, provider: str | None) -> None:
    assert gazetteer(CLINIC).find(text).provider == provider


def test_two_providers_of_one_surname_are_not_guessed_between() -> None:
    twins = Catalogue(providers=("Dr. Minh Kim", "Dr. Sara Kim"))

    assert gazetteer(twins).find("dr kim").provider is None
    assert gazetteer(twins).find("dr sara kim").provider == "Dr. Sara Kim"


def test_a_first_name_is_a_provider_only_when_the_provider_was_asked_for() -> None:
    assert gazetteer(CLINIC).find("priya").provider is None
    assert gazetteer(CLINIC).find("priya", provider_asked=True).provider == "Dr. Priya Patel"


def test_the_persons_own_surname_is_no_provider_while_their_name_is_asked() -> None:
    assert gazetteer(CLINIC).find("Jin Kim", names_asked=True).provider is None
    assert gazetteer(CLINIC).find("Jin Park for dr kim", names_asked=True).provider == "Dr. Minh Kim"


@pytest.mark.parametrize(
    ("text", "specialty"),
    [
        ("a dentist", "Dentistry"),
        ("skin doctor", "Dermatology"),
        ("dermatolgist", "Dermatology"),
        ("un dermatólogo", "Dermatology"),
        ("gyno please", "Gynecology"),
        ("ob/gyn", "Gynecology"),
        ("ginecologa", "Gynecology"),
        ("my regular doctor", "Family Medicine"),
        ("médico de cabecera", "Family Medicine"),
        ("physio", "Physical Therapy"),
        ("cardiologist", None),
        ("hello", None),
    ],
)
def test_a_specialty_is_known_by_what_people_call_it(text: str, specialty: str | None) -> None:
    assert gazetteer(CLINIC).find(text).specialty == specialty


@pytest.mark.parametrize(
    ("text", "visit_type"),
    [
        ("teeth cleaning", "Dental cleaning"),
        ("i ned a teeth claening", "Dental cleaning"),
        ("una limpieza", "Dental cleaning"),
        ("check up", "Annual physical"),
        ("chequeo", "Annual physical"),
        ("yearly physical", "Annual physical"),
        ("follow up", "Follow-up visit"),
        ("im a new patient", "New patient visit"),
        ("get my kid vaccinated", "Vaccination"),
        ("flu shot", "Vaccination"),
        ("la vacuna", "Vaccination"),
        ("bloodwork", "Blood test"),
        ("videollamada", "Video visit"),
        ("telehealth", "Video visit"),
        ("get my eyes checked", "Eye exam"),
        ("nothing special", None),
    ],
)
def test_a_visit_type_is_known_by_what_people_call_it(text: str, visit_type: str | None) -> None:
    assert gazetteer(CLINIC).find(text).visit_type == visit_type


def test_a_catalogue_is_compiled_once() -> None:
    assert gazetteer(CLINIC) is gazetteer(Catalogue(**{name: getattr(CLINIC, name) for name in CLINIC.__slots__}))


@pytest.mark.parametrize(
    ("text", "options", "picked"),
    [
        ("2", 3, 2),
        ("2.", 3, 2),
        ("#2", 3, 2),
        ("1️⃣", 3, 1),
        ("option 2", 3, 2),
        ("number two please", 3, 2),
        ("second one", 3, 2),
        ("I'll take the second one, thanks", 3, 2),
        ("the first", 2, 1),
        ("the 2nd", 3, 2),
        ("2 works for me", 3, 2),
        ("the last one", 3, LAST),
        ("la última", 3, LAST),
        ("la segunda", 3, 2),
        ("el 3", 3, 3),
        ("Creo que la segunda me podría servir.", 3, 2),
        ("La tercera estaría bien. ¿Hay que ir en ayunas?", 3, 3),
        ("la segunda semana", 3, None),
        ("la segunda no me sirve", 3, None),
        ("el primero de junio", 3, None),
        ("a la una me queda bien", 3, None),
        ("quiero la 1 por favor", 3, 1),
        ("the middle one", 3, 2),
        ("whichever", 3, 1),
        ("4", 3, None),
        ("the 5th", 3, None),
        ("2pm", 3, None),
        ("2:30", 3, None),
        ("at 2", 3, None),
        ("in 2 weeks", 3, None),
        ("last week", 3, None),
        ("none of those", 3, None),
        ("another one", 3, None),
        ("no", 3, None),
        ("is there one on the second of june after five or so, my son is at school until then", 3, None),
        ("2", 0, None),
    ],
)
def test_a_pick_is_read_only_from_what_was_offered(text: str, options: int, picked: int | None) -> None:
    assert pick(text, options) == picked


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=60), options=st.integers(-1, 9))
def test_a_pick_is_always_one_of_the_options(text: str, options: int) -> None:
    picked = pick(text, options)

    assert picked is None or picked == LAST or 1 <= picked <= options


@pytest.mark.parametrize(
    ("text", "asked", "name"),
    [
        ("Angela", True, "Angela"),
        ("angela ruiz", True, "Angela Ruiz"),
        ("It's Mary-Jane O'Neil", True, "Mary-Jane O'Neil"),
        ("yes, i'm ben", True, "Ben"),
        ("Yes it is Alexis.", True, "Alexis"),
        ("María de la Cruz", True, "María de la Cruz"),
        ("ruiz, angela", True, "Angela Ruiz"),
        ("maria lopez 3/4/1985", True, "Maria Lopez"),
        ("my name is tom baker and i need a refill", False, "Tom Baker"),
        ("me llamo juan perez", False, "Juan Perez"),
        ("Soy Carmen Ruiz", False, "Carmen Ruiz"),
        ("soy paciente nuevo", False, None),
        ("i'm feeling sick", False, None),
        ("why do you need my name?", True, None),
        ("stop", True, None),
        ("talk to a person", True, None),
        ("12345", True, None),
        ("", True, None),
        ("angela", False, None),
    ],
)
def test_a_name_is_the_one_the_person_gives(text: str, asked: bool, name: str | None) -> None:
    assert given_name(text, asked=asked) == name


def test_blanking_a_name_keeps_every_other_character_in_place() -> None:
    text = "my name is tom, friday please"

    blanked = without(text, "Tom")

    assert "tom" not in blanked
    assert blanked.index("friday") == text.index("friday")


PRACTICES = Catalogue(
    providers=(
        "Hill Regional Med Center: Stone Eve D MD",
        "Hill Regional Med Center: Vargas Mila M MD",
        "Cosmetic Dentist In Northgate",
        "Willow Salon",
        "Family Dental Care",
    ),
)


@pytest.mark.parametrize(
    ("text", "provider"),
    [
        ("find me a dentist", None),
        ("I need a doctor at a dental clinic", None),
        ("please find a salon for my family", None),
        ("cosmetic dentist", None),
        ("Hill Regional Med Center: Vargas Mila M MD", "Hill Regional Med Center: Vargas Mila M MD"),
        ("hill regional med center", None),
        ("with vargas please", "Hill Regional Med Center: Vargas Mila M MD"),
        ("willow salon", "Willow Salon"),
        ("at willow please", "Willow Salon"),
        ("Family Dental Care", "Family Dental Care"),
        ("does my family need dental care", None),
    ],
)
def test_words_that_any_practice_bears_name_none_and_a_name_as_written_names_its_own(
    text: str, provider: str | None
) -> None:
    assert gazetteer(PRACTICES).find(text).provider == provider
