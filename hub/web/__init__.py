"""The web server: what listens, and what every request meets.

1. `Site` listens and closes connections that bring a request too slowly.
2. `guard` stands before every handler: foreign hosts, security headers, and an answer for what breaks.
3. `webhooks` takes what providers send, `health` says how the hub is, `pages` draws what a browser sees.
4. Other rooms bring their own: route lists by `extra`, whole applications (the API) by `mounts`.
"""

from hub.web.server import Site, build

__all__ = ["Site", "build"]
