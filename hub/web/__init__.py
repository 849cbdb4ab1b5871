"""The web server: what listens, and what every request meets.

1. `Site` listens and closes connections that bring a request too slowly.
2. `front` answers plain webhooks itself, and gives every connection that brings anything else to the general server.
3. There, `guard` stands before every handler: foreign hosts, security headers, and an answer for what breaks.
4. `webhooks` takes what providers send, `health` says how the hub is, `pages` draws what a browser sees.
5. Other rooms bring their own: route lists by `extra`, whole applications (the API) by `mounts`.
"""

from hub.web.server import Site, build

__all__ = ["Site", "build"]
