"""Files that come with messages, from being announced to being given out.

1. `expecting`: a message that is accepted brings a row for each of its files, in the very transaction. What a person or
   a mail hands over is put aside before (`staging`), sealed; what a provider holds is only named.
2. `bringing` gets each file, has it examined (`hub.attachments`), and keeps it sealed (`pieces`), or refuses it, or
   tells that it cannot be had. It tries again until one of these is so, whatever is killed.
3. `shelf` lists the files of messages and opens one, a piece at a time, for who may have it.
4. `mails` keeps mails as they came.

`words` says to staff what became of a file.
"""

from hub.files.files import Files
from hub.files.mails import Kept, RawMails
from hub.files.shelf import Attachment, AttachmentState
from hub.files.staging import Staged, Staging, TooLong
from hub.files.words import explained

__all__ = [
    "Attachment",
    "AttachmentState",
    "Files",
    "Kept",
    "RawMails",
    "Staged",
    "Staging",
    "TooLong",
    "explained",
]
