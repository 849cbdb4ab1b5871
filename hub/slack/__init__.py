"""Slack: staff are told of threads, and answer, where they talk among themselves."""
