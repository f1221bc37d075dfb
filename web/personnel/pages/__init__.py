"""Views of the personnel agency, one file a task."""
