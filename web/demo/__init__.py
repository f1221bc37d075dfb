"""A seeded assessment centre: people, records and sittings made through the same code as real ones."""
