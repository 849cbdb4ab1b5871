"""A step's words for one person: rendered for the language of whoever hears it and the channel that was decided for."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from bots.scheduling.names import Directory
from hub.campaigns.audience import Subject, Visit
from hub.campaigns.deciding import Decided, appointment_of, language_of, spoken
from hub.campaigns.plans import Plan, catalog_of
from hub.router import Batch, Sending
from hub.types import AuthorKind, ChannelKind, Intent, Lane, Language
from templates import Catalog, render


class Words:
    """Puts steps into words. clinic, phone, link: the clinic's own, which any template may ask for."""

    def __init__(self, *, clinic: str, phone: str, link: str, zone: ZoneInfo) -> None:
        self._own = {"clinic": clinic, "phone": phone, "link": link}
        self._zone = zone

    def sending(
        self, plan: Plan, campaign_id: str, subject: Subject, decided: Decided, batch: Batch, directory: Directory
    ) -> Sending:
        """What is queued of a step that may be sent."""
        judged = decided.judged
        hearer = batch.of(judged.person_id) if judged is not None else None
        about = batch.of(subject.person_id)
        assert judged is not None, "only what was judged is put into words"
        assert hearer is not None, "whoever was judged about is in the batch"
        assert about is not None, "whoever was judged about is in the batch"
        language = spoken(language_of(hearer, plan.purpose))
        values = self.values(about.profile.given_name, subject.visit, directory)
        channel = ChannelKind.PORTAL if judged.linked or decided.channel is None else decided.channel
        template, catalog = decided.template, catalog_of(plan)
        rendered = render(template, values, language, channel, self._zone, catalog)
        intent = Intent(
            key=key(campaign_id, subject, decided.step.name),
            person_id=subject.person_id,
            purpose=plan.purpose,
            author=AuthorKind.CAMPAIGN,
            body=rendered.text,
            words=self._others(template, values, language, catalog) if decided.step.followed else {},
            level=rendered.level,
            followed=decided.step.followed,
            lane=Lane.BULK,
            appointment=appointment_of(plan, subject),
        )
        return Sending(intent, judged)

    def values(self, name: str, visit: Visit | None, directory: Directory) -> dict[str, object]:
        """What a template may be filled in with."""
        values: dict[str, object] = {**self._own, "name": name}
        if visit is not None:
            values["start"] = visit.start
            values["minutes"] = visit.minutes
            # Of a program under 42 CFR Part 2 no text names place or clinician: either may tell what it treats.
            discreet = visit.discreet or visit.visit_type_id in directory.part2
            values["location"] = self._own["clinic"] if discreet else directory.name(visit.location_id)
            values["provider"] = self._own["clinic"] if discreet else directory.name(visit.provider_id)
        return values

    def _others(
        self, template: str, values: Mapping[str, object], language: Language, catalog: Catalog
    ) -> dict[ChannelKind, str]:
        """The words of the channels that have some of their own: of use where the text goes on by another one."""
        found = catalog.get(template, language)
        own = {
            channel: render(template, values, language, channel, self._zone, catalog).text for channel in found.channels
        }
        plain = render(template, values, language, ChannelKind.SMS, self._zone, catalog).text
        return {channel: own.get(channel, plain) for channel in ChannelKind} if own else {}


def key(campaign_id: str, subject: Subject, step: str) -> str:
    """The key of a step's intent: one for each person, step and version of a visit."""
    return f"campaign:{campaign_id}:{subject.id}:{subject.version}:{step}"
