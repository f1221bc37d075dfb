"""Errors that the web side raises; each says what came, what was expected and how to mend it."""


class WebError(Exception):
    """The root of this package's errors."""


class ConfigError(WebError):
    """A setting from the environment cannot be used."""


class NotFoundError(WebError):
    """What was asked for does not exist, or does not exist for the one who asks."""


class RefusedError(WebError):
    """A request that is understood and not carried out; the message is shown to the user."""
