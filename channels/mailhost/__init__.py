"""A simulated mail host: the clinic's relay on one side, people's mailboxes on the other.

`hub demo` and the tests send mail through it; nothing in the hub knows that it is not a real one.

    hub ── SMTP ─────────────────────► host ─► the mailbox shows it
    hub ◄─ SMTP, vouched for ───────── host ◄─ a person replies, or writes anew

The files:

    host        the server that takes the hub's mails, and hands over what people write
    mailbox     one person's mailbox: what it shows, and the wait for the next mail
    program     mails as a mail program writes them: what a reply quotes, and the headers that tie it to its question

It vouches for its own mailboxes, as a mail server does that checked where a mail came from: the hub is to trust it by
`AUTHSERV_ID`. Everything kept is bounded.
"""

from channels.mailhost.host import AUTHSERV_ID, MailHost
from channels.mailhost.mailbox import Mail, Mailbox

__all__ = ["AUTHSERV_ID", "Mail", "MailHost", "Mailbox"]
