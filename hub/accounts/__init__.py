"""Accounts: the staff, what their roles let them do, and their sessions."""
