"""Models trained on human scores of one prompt, from the first ten scores to automatic scoring."""
