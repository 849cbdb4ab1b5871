"""The zones that the tests tell time in."""

from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
