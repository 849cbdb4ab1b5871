"""What kind of device a browser says it runs on, in words of ours: enough for a person to know their own again."""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"),
    ("Linux", "Linux"),
)


def described(user_agent: str) -> str:
    """Browser and system, such as `Firefox · Android`; empty for one that is neither known nor honest."""
    found = (_first(user_agent, _BROWSERS), _first(user_agent, _SYSTEMS))
    return " · ".join(word for word in found if word)


def _first(user_agent: str, known: tuple[tuple[str, str], ...]) -> str:
    return next((word for sign, word in known if sign in user_agent), "")
