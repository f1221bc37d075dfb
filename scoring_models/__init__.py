"""From a free-text answer to a distribution over rubric levels, with evidence and a decision."""
