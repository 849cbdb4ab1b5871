"""Signing in: what the portal and the pages of staff have in common, such as secrets, limits and passkeys."""
