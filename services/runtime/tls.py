"""Whose certificates are believed when others are called."""

import ssl
from functools import cache


@cache
def trusted() -> ssl.SSLContext:
    """Return a context that believes the system's authorities. Read once, since that takes long."""
    return ssl.create_default_context()
