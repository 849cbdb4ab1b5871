"""Mail comes in: by the hub's own listener (SMTP or LMTP), or fetched from a mailbox (IMAP).

1. `listener` and `mailbox` bring the octets of a mail, each in its way, and wait.
2. `intake` has it parsed aside and read (`channels.mail`), and makes what follows durable: a message (`hub.accept`), or
   what became of a delivery (`hub.outbox`). Its files are put aside first. What cannot be read, or holds more than a
   message can, is kept as it came, sealed (`hub.files`).
3. Only then is the sender told that it was taken, or the mail marked as seen. What fails before that comes again.

Nothing here answers a mail. Programs' mails are not even shown to who answers.
"""

from hub.mail.room import MailRoom

__all__ = ["MailRoom"]
