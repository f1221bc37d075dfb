"""Limits on how often one address may try to log in or send a report, in each server process."""

from flask import Response, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

limiter = Limiter(key_func=get_remote_address, storage_uri="memory://")


def address_and_login() -> str:
    """One account from one address: a whole office may log in through one address at once."""
    return f"{get_remote_address()} {request.form.get('login', '')[:80].strip()}"


def refused(response: Response) -> bool:
    return response.status_code >= 400


def accepted(response: Response) -> bool:
    return response.status_code < 400
