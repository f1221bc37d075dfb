"""Views."""

from flask import Blueprint

bp = Blueprint("psychometrician", __name__)
