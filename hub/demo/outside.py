"""What is outside of the demo's hub: the simulated carrier with everybody's phones, and their mail host."""

import dataclasses

from channels.carrier import Carrier
from channels.mailhost import AUTHSERV_ID, MailHost
from hub.settings import Secret, Settings

CLINIC_NUMBER = "+12025550100"
STAFF_NUMBER = "+12025550177"
CLINIC_MAILBOX = "hello@clinic.example.org"


class Outside:
    """Both, started and stopped together. `carrier.closing` is to be set as the hub's web server shuts down."""

    def __init__(self, carrier: Carrier, mail: MailHost) -> None:
        self.carrier = carrier
        self.mail = mail
        self._relay = ""

    async def start(self) -> None:
        """Listen, on free ports of this machine."""
        await self.carrier.start()
        self._relay = await self.mail.start()

    async def stop(self) -> None:
        """Stop listening, and give up what is on its way."""
        await self.carrier.stop()
        await self.mail.stop()

    def settings(self, given: Settings) -> Settings:
        """`given`, with these two for whatever account and servers are set. To be asked once they have started."""
        return dataclasses.replace(
            given,
            twilio_account_sid=self.carrier.account_sid,
            twilio_auth_token=Secret(self.carrier.auth_token),
            twilio_api_url=self.carrier.base_url,
            sms_from=CLINIC_NUMBER,
            voice_from=CLINIC_NUMBER,
            voice_transfer=STAFF_NUMBER,
            smtp_url=Secret(self._relay),
            email_from=CLINIC_MAILBOX,
            dkim_key_file=None,
            imap_url=Secret(""),
            inbound_smtp_host="127.0.0.1",
            inbound_smtp_port=0,
            inbound_smtp_protocol="smtp",
            inbound_smtp_cert_file=None,
            inbound_smtp_key_file=None,
            mail_authserv_id=AUTHSERV_ID,
        )

    def connect(self, base: str, mail_port: int) -> None:
        """Let texts, calls and mails reach the hub that answers at `base`, and takes mail on `mail_port`."""
        self.carrier.webhook = f"{base}/webhooks/twilio/sms"
        self.carrier.calls.webhook = f"{base}/webhooks/twilio/voice"
        self.mail.deliver_to = ("127.0.0.1", mail_port)
