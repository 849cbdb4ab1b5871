"""A patient in words of their own: terse, chatty or Spanish, and never as the dialogue's patient put it.

What is said is drawn by the dialogue's name, so that a dialogue is always played in the same way.
"""

import random
import re
from collections.abc import Sequence
from datetime import date, datetime

from hub.types import Language
from templates.catalog import shipped
from tests.hub_rig import is_said
from tests.replay.goals import Goal
from tests.replay.patient import Ending

_STAFF = ("handoff.", "inbox.handed_over")
_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sept", "oct", "nov", "dic"),
}
_LONG = {
    "en": ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december"),
    "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
           "noviembre", "diciembre"),
}  # fmt: skip
_WEEKDAYS = {
    "en": ("mon", "tues", "wed", "thurs", "fri", "sat", "sun"),
    "es": ("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo"),
}
_BEGIN = {
    "en": ("hi, need to see {who}", "i'd like an appointment with {who} {when}", "can {who} see me {day}?",
           "Hello! Could I book {who} for {when} please", "appt w {who} {day}", "hey can i get in {when}"),
    "es": ("hola, quiero una cita con {who}", "necesito una cita con {who} {when}", "me puede ver {who} {day}?",
           "Buenos días, quisiera reservar con {who} {when} por favor", "cita con {who} {day}", "tienen algo {when}?"),
}  # fmt: skip
_YES = {"en": ("yes", "yep", "Yes please", "sure", "ok book it"), "es": ("si", "sí por favor", "claro", "ok", "dale")}
_NO = {"en": ("no, {when}", "nope, i need {when}"), "es": ("no, {when}", "no puedo, mejor {when}")}


class OwnPatient:
    """Someone with a goal, who tells it in parts and answers what is asked."""

    def __init__(self, goal: Goal, language: Language) -> None:
        self.goal = goal
        self.language: Language = language
        self.own = 0
        self._draw = random.Random(goal.dialogue)

    def begins(self) -> str:
        """The first text."""
        return self._one_of(_BEGIN[self.language])

    def ends(self, said: str) -> Ending | None:
        """How the conversation ended with what the bot said, None while it goes on."""
        if any(self._said(one, said) for one in ("book.booked", "move.moved")) and self._fits(said):
            return "booked"
        return "staff" if self._handed_over(said) else None

    def answers(self, said: str) -> str:
        """The next text."""
        self.own += 1
        if any(self._said(one, said) for one in ("book.booked", "move.moved")):
            return {"en": "wrong one, move it {when}", "es": "cambiala, {when}"}[self.language].format(
                when=self._when()
            )
        rows = re.findall(r"^(\d)\) (.+)$", said, re.MULTILINE)
        if self._said("book.which_when", said):
            fits = [number for number, row in rows if self._means(row)]
            return fits[0] if len(fits) == 1 else self._when()
        if rows and not self._said("book.choose_visit_type", said):
            named = self.goal.provider in said.split("1)")[0]
            fits = [n for n, row in rows if self._time() in f"{row} " and (named or self.goal.provider in row)]
            return self._draw.choice(self._picks(fits[0])) if len(fits) == 1 else self._refusal()
        if re.search(r"\b(YES|SI) (or|o) NO\b", said):
            return self._draw.choice(_YES[self.language]) if self._fits(said) else self._refusal()
        if self._said("book.ask_provider", said):
            return self.goal.provider
        if self._said("book.ask_when", said) or self._said("book.ask_other_when", said):
            return self._when()
        wish = {"en": "i want to see {who} {when}", "es": "quiero ver a {who} {when}"}
        return wish[self.language].format(who=self.goal.provider, when=self._when())

    def _picks(self, number: str) -> Sequence[str]:
        nth = {"en": ("first", "second", "third"), "es": ("primera", "segunda", "tercera")}[self.language]
        word = nth[int(number) - 1]
        return (number, f"the {word} one") if self.language == "en" else (number, f"la {word}")

    def _refusal(self) -> str:
        when = f"{self._when()} {'with' if self.language == 'en' else 'con'} {self.goal.provider}"
        return self._draw.choice(_NO[self.language]).format(when=when)

    def _one_of(self, texts: Sequence[str]) -> str:
        return self._draw.choice(texts).format(who=self.goal.provider, when=self._when(), day=self._day())

    def _when(self) -> str:
        at = {"en": "at", "es": "a las" if self.goal.start.hour % 12 != 1 else "a la"}[self.language]
        return f"{self._day()} {at} {self._hour()}"

    def _day(self) -> str:
        day, today = self.goal.start.date(), self.goal.today
        forms = [self._dated(day)]
        if 1 < (day - today).days < 7:
            name = _WEEKDAYS[self.language][day.weekday()]
            forms += [name if self.language == "en" else f"el {name}"] * 2
        if (day - today).days == 1:
            forms += ["tomorrow" if self.language == "en" else "mañana"] * 2
        return self._draw.choice(forms)

    def _dated(self, day: date) -> str:
        month = _LONG[self.language][day.month - 1]
        if self.language == "es":
            return self._draw.choice(
                (f"el {day.day} de {month}", f"{day.day}/{day.month}", f"el dia {day.day} de {month}")
            )
        return self._draw.choice((f"{month} {day.day}", f"{month[:3]} {day.day}", f"{day.month}/{day.day}"))

    def _hour(self) -> str:
        start = self.goal.start
        half = "am" if start.hour < 12 else "pm"
        twelve = f"{start.hour % 12 or 12}" + (f":{start.minute:02d}" if start.minute else "")
        return self._draw.choice((f"{twelve}{half}", f"{twelve} {half}", f"{twelve.replace(':', '')}{half}"))

    def _time(self) -> str:
        """The wished moment, as the bot writes it."""
        start: datetime = self.goal.start
        twelve = f"{start.hour % 12 or 12}:{start.minute:02d}"
        month = _MONTHS[self.language][start.month - 1]
        if self.language == "es":
            return f" {start.day} {month}, {twelve} {'a' if start.hour < 12 else 'p'}. m."
        return f" {month} {start.day}, {twelve} {'AM' if start.hour < 12 else 'PM'}"

    def _means(self, row: str) -> bool:
        """Whether a reading of an ambiguous day or hour is the one meant."""
        start, month = self.goal.start, _MONTHS[self.language][self.goal.start.month - 1]
        day = f"{start.day} {month}" if self.language == "es" else f"{month} {start.day}"
        names_day = bool(re.search(r"\b(?:" + "|".join(_MONTHS[self.language]) + r")\b", row))
        hour = f"{start.hour % 12 or 12}:{start.minute:02d} {'a' if start.hour < 12 else 'p'}"
        names_hour = bool(re.search(r"\d:\d\d", row))
        on_day = not names_day or bool(re.search(rf"\b{day}\b", row))
        return on_day and (not names_hour or hour in row.lower())

    def _fits(self, said: str) -> bool:
        return self._time() in said and self.goal.provider in said

    def _handed_over(self, said: str) -> bool:
        reasons = [key for key in shipped().keys(self.language) if key.startswith(_STAFF)]
        return any(self._said(one, said) for one in (*reasons, "safety.medical", "safety.crisis", "safety.urgent"))

    def _said(self, template: str, said: str) -> bool:
        return is_said(template, said, self.language)
