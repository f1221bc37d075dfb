"""A scorer as files: answers with levels, a trained model, an evaluation, a report."""
