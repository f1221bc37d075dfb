"""Views."""

from flask import Blueprint

bp = Blueprint("assessor", __name__)
