"""The people, clinicians and places of the demo. All are invented; numbers are in the 555-01xx range kept for that."""

from dataclasses import dataclass
from datetime import date

from hub.types import Language

__all__ = ["LOCATIONS", "PATIENTS", "PHONES", "PROVIDERS", "STRANGER", "Patient", "Phone", "Provider", "patient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Someone on the clinic's books. `key` names the person in addresses and in the code, never on the wire."""

    key: str
    mrn: str
    given_name: str
    family_name: str
    birth_date: date
    language: Language
    phone: str
    mailbox: str

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A phone, and the mailbox of whoever has it, that can be picked on the demo page.

    born: of its owner, who needs it to sign in to the portal. names: suggested when the clinic asks who writes.
    """

    key: str
    label: str
    number: str
    mailbox: str
    language: Language
    born: date | None = None
    note: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A clinician, and the visits they see. `starts` are hours of the day, on the half-hour at .5.

    weekdays: 0 is Monday. minutes: how long each visit takes.
    """

    name: str
    specialty: str
    visit_types: tuple[str, ...]
    location: str
    weekdays: tuple[int, ...]
    starts: tuple[float, ...]
    minutes: int


def _patient(
    number: int,
    key: str,
    name: tuple[str, str],
    born: tuple[int, int, int],
    language: Language,
    line: int,
    mailbox: str = "",
) -> Patient:
    return Patient(
        key=key,
        mrn=f"DEMO-{number}",
        given_name=name[0],
        family_name=name[1],
        birth_date=date(*born),
        language=language,
        phone=f"+1202555{line:04d}",
        mailbox=f"{mailbox or key}@example.org",
    )


PATIENTS: tuple[Patient, ...] = (
    _patient(1001, "maria", ("Maria", "Alvarez"), (1987, 3, 14), "es", 111),
    _patient(1002, "james", ("James", "Boateng"), (1979, 8, 2), "en", 112),
    _patient(1003, "priya", ("Priya", "Raman"), (1992, 11, 23), "en", 113),
    _patient(1004, "tomas", ("Tomás", "Rivera"), (1968, 5, 9), "es", 114),
    _patient(1005, "grace", ("Grace", "Holloway"), (1955, 1, 30), "en", 115),
    # Mother and child share a phone and a mailbox: nothing is told on either before it is known whom it is about.
    _patient(1006, "dana", ("Dana", "Whitfield"), (1984, 6, 17), "en", 116),
    _patient(1007, "noah", ("Noah", "Whitfield"), (2018, 9, 5), "en", 116, "dana"),
    _patient(1008, "omar", ("Omar", "Haddad"), (1973, 12, 1), "en", 117),
    _patient(1009, "rosa", ("Rosa", "Delgado"), (1990, 7, 21), "es", 118),
    _patient(1010, "walter", ("Walter", "Nguyen"), (1961, 2, 26), "en", 119),
    _patient(1011, "aisha", ("Aisha", "Bello"), (1999, 10, 12), "en", 120),
    _patient(1012, "peter", ("Peter", "Lindqvist"), (1946, 4, 3), "en", 121),
    _patient(1013, "carmen", ("Carmen", "Ortiz"), (1982, 9, 28), "es", 122),
    _patient(1014, "nora", ("Nora", "Feldman"), (1988, 10, 17), "en", 123),
)

STRANGER = Phone(
    key="unknown",
    label="Unknown number",
    number="+12025550199",
    mailbox="somebody@example.org",
    language="en",
    note="not a patient",
    names=("Peter Lindqvist, 4/3/1946",),
)


def _phones() -> tuple[Phone, ...]:
    owners: dict[str, list[Patient]] = {}
    for one in PATIENTS:
        owners.setdefault(one.phone, []).append(one)
    phones = []
    for number, persons in owners.items():
        first = persons[0]
        if len(persons) == 1:
            phones.append(
                Phone(
                    key=first.key,
                    label=first.name,
                    number=number,
                    mailbox=first.mailbox,
                    language=first.language,
                    born=first.birth_date,
                )
            )
            continue
        names = " and ".join(one.given_name for one in persons)
        phones.append(
            Phone(
                key=first.key,
                label=names,
                number=number,
                mailbox=first.mailbox,
                language=first.language,
                born=first.birth_date,
                note="shared",
                names=tuple(one.given_name for one in persons),
            )
        )
    return (*phones, STRANGER)


PHONES: tuple[Phone, ...] = _phones()

_MORNING = (9, 9.5, 10, 10.5, 11, 11.5)
_AFTERNOON = (13, 13.5, 14, 14.5, 15, 15.5, 16, 16.5)

LOCATIONS = ("Maple Street", "Riverside")

PROVIDERS: tuple[Provider, ...] = (
    Provider(
        name="Dr. Hannah Kim",
        specialty="Family medicine",
        visit_types=("Check-up",),
        location="Maple Street",
        weekdays=(0, 1, 2, 3, 4),
        starts=(9, 10, 11, 13.5, 15, 15.5, 16.5),
        minutes=30,
    ),
    Provider(
        name="Dr. Luis Ortega",
        specialty="Family medicine",
        visit_types=("Check-up",),
        location="Riverside",
        weekdays=(0, 1, 3, 4),
        starts=(9.5, 10.5, 14, 14.5, 15.5, 16),
        minutes=30,
    ),
    Provider(
        name="Dr. Ruth Adeyemi",
        specialty="Pediatrics",
        visit_types=("Well-child visit",),
        location="Maple Street",
        weekdays=(0, 2, 3, 4),
        starts=_MORNING[::2] + _AFTERNOON[::2],
        minutes=30,
    ),
    Provider(
        name="Dr. Samuel Levin",
        specialty="Dermatology",
        visit_types=("Skin check",),
        location="Riverside",
        weekdays=(1, 2, 4),
        starts=(9, 9.5, 10.5, 13, 14.5, 16),
        minutes=30,
    ),
    Provider(
        name="Dr. Nina Petrov",
        specialty="Dentistry",
        visit_types=("Dental cleaning",),
        location="Maple Street",
        weekdays=(0, 1, 2, 3, 4),
        starts=(9, 10, 11, 13, 14, 15, 16),
        minutes=45,
    ),
)


def patient(key: str) -> Patient:
    """The patient with that key. Raises: KeyError."""
    for one in PATIENTS:
        if one.key == key:
            return one
    raise KeyError(key)
