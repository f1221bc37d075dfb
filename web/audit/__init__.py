"""The chained record of acts, and its pages."""
