"""A seeded assessment centre, made through the same importers and use cases as a real one."""
