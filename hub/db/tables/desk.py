"""The work of staff on threads: teams, labels, drafts, mentions, what was seen, what patients thought of it."""

import sqlalchemy as sa

from hub.db.columns import Id, Moment
from hub.db.tables.base import metadata, one_of

team = sa.Table(
    "team",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.String(60), nullable=False, unique=True),
    # manual: its members claim; round_robin: threads are given to who has room.
    sa.Column("routing", sa.String(12), nullable=False),
    # Minutes of opening hours within which a waiting person is to be answered; NULL for no promise.
    sa.Column("reply_within", sa.Integer),
    # Its threads are seen by its members alone; anyone else must say why, and that is looked at.
    sa.Column("private", sa.Boolean, nullable=False),
    sa.Column("archived_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
    one_of("routing", ("manual", "round_robin")),
)

team_member = sa.Table(
    "team_member",
    metadata,
    sa.Column("team_id", Id, sa.ForeignKey("team.id"), primary_key=True),
    sa.Column("user_id", Id, sa.ForeignKey("staff_user.id"), primary_key=True),
    # When round robin last gave them a thread: who waited longest is next.
    sa.Column("turn_at", Moment),
    sa.Index("ix_team_member_user_id", "user_id"),
)

label = sa.Table(
    "label",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("name", sa.String(40), nullable=False, unique=True),
    sa.Column("color", sa.String(8), nullable=False),
    sa.Column("archived_at", Moment),
    sa.Column("created_at", Moment, nullable=False),
    one_of("color", ("teal", "blue", "violet", "amber", "red", "grey")),
)

thread_label = sa.Table(
    "thread_label",
    metadata,
    sa.Column("thread_id", Id, sa.ForeignKey("thread.id"), primary_key=True),
    sa.Column("label_id", Id, sa.ForeignKey("label.id"), primary_key=True),
    sa.Column("by_id", Id, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Index("ix_thread_label_label_id", "label_id", "thread_id"),
)

mention = sa.Table(
    "mention",
    metadata,
    sa.Column("user_id", Id, sa.ForeignKey("staff_user.id"), primary_key=True),
    sa.Column("message_id", Id, sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("thread_id", Id, sa.ForeignKey("thread.id"), nullable=False, index=True),
    sa.Column("at", Moment, nullable=False),
    sa.Column("seen_at", Moment),
)

thread_seen = sa.Table(
    "thread_seen",
    metadata,
    sa.Column("user_id", Id, sa.ForeignKey("staff_user.id"), primary_key=True),
    sa.Column("thread_id", Id, sa.ForeignKey("thread.id"), primary_key=True, index=True),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

draft = sa.Table(
    "draft",
    metadata,
    sa.Column("user_id", Id, sa.ForeignKey("staff_user.id"), primary_key=True),
    sa.Column("thread_id", Id, sa.ForeignKey("thread.id"), primary_key=True, index=True),
    # reply or note: the one never turns into the other.
    sa.Column("kind", sa.String(8), primary_key=True),
    # JSON: text, channel. Under the key of the thread's person.
    sa.Column("body_sealed", sa.LargeBinary, nullable=False),
    sa.Column("at", Moment, nullable=False),
    one_of("kind", ("reply", "note")),
)

canned_reply = sa.Table(
    "canned_reply",
    metadata,
    sa.Column("id", Id, primary_key=True),
    # What is typed after a slash.
    sa.Column("shortcut", sa.String(32), nullable=False),
    sa.Column("language", sa.String(8), nullable=False),
    # NULL for everyone's.
    sa.Column("team_id", Id, sa.ForeignKey("team.id")),
    # JSON: title, text with variables in braces. Under the hub's key.
    sa.Column("body_sealed", sa.LargeBinary, nullable=False),
    sa.Column("by_id", Id, nullable=False),
    sa.Column("updated_at", Moment, nullable=False),
    sa.Column("archived_at", Moment),
    sa.Index("ix_canned_reply_shortcut", "shortcut", "language"),
)

rating = sa.Table(
    "rating",
    metadata,
    # One question a conversation: the message that asked.
    sa.Column("id", Id, primary_key=True),
    sa.Column("thread_id", Id, sa.ForeignKey("thread.id"), nullable=False, index=True),
    # Who closed the conversation.
    sa.Column("user_id", Id),
    sa.Column("team_id", Id),
    sa.Column("asked_at", Moment, nullable=False),
    # 1 (bad) to 5 (good); NULL until answered.
    sa.Column("score", sa.Integer),
    sa.Column("answered_at", Moment),
)

_LIVE = sa.text("ended_at IS NULL")
_UNDONE = sa.text("told_at IS NULL")

slack_post = sa.Table(
    "slack_post",
    metadata,
    # A message in the clinic's Slack that stands for a thread; replies under it go to the patient.
    sa.Column("id", Id, primary_key=True),
    sa.Column("thread_id", Id, sa.ForeignKey("thread.id"), nullable=False, index=True),
    sa.Column("channel", sa.String(24), nullable=False),
    # Slack's name of the message; NULL until it is known to have been posted.
    sa.Column("ts", sa.String(24)),
    # How loud it is: 0 nothing to do, 1 nobody has it, 2 late, 3 emergency. Who gets louder is posted anew.
    sa.Column("level", sa.Integer, nullable=False),
    # A digest of what it shows.
    sa.Column("shown", sa.String(32), nullable=False),
    # The newest entry of the thread that those who read it in Slack were told of.
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.UniqueConstraint("channel", "ts"),
    sa.Index("ix_slack_post_live", "thread_id", "at", sqlite_where=_LIVE, postgresql_where=_LIVE),
)

slack_event = sa.Table(
    "slack_event",
    metadata,
    # What Slack told, once, whatever it sends again.
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("at", Moment, nullable=False, index=True),
    # JSON of what is to be done; under the hub's key, for it may hold what is written to a patient. NULL once done.
    sa.Column("work_sealed", sa.LargeBinary),
    # When it is tried next, and how often it failed.
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("done_at", Moment),
    # JSON of what whoever did it is to hear; NULL for nothing. Then they have heard.
    sa.Column("answer_sealed", sa.LargeBinary),
    sa.Column("told_at", Moment),
    sa.Index("ix_slack_event_undone", "due_at", "id", sqlite_where=_UNDONE, postgresql_where=_UNDONE),
)

slack_reply = sa.Table(
    "slack_reply",
    metadata,
    # A message to a patient that was written in Slack: it is marked there with what became of it.
    sa.Column("message_id", Id, sa.ForeignKey("message.id"), primary_key=True),
    sa.Column("channel", sa.String(24), nullable=False),
    sa.Column("ts", sa.String(24), nullable=False),
    sa.Column("post", sa.String(24), nullable=False),
    sa.Column("slack_user", sa.String(24), nullable=False),
    # The last state that it was marked with.
    sa.Column("mark", sa.String(12), nullable=False, server_default=""),
    sa.Column("at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Index("ix_slack_reply_ts", "channel", "ts"),
    sa.Index("ix_slack_reply_live", "at", sqlite_where=_LIVE, postgresql_where=_LIVE),
)
