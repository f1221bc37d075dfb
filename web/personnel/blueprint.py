"""The blueprint that the pages of this audience hang their routes on."""

from flask import Blueprint

bp = Blueprint("personnel", __name__)
