"""Views."""

from flask import Blueprint

bp = Blueprint("personnel", __name__)
