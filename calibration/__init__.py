"""From a response matrix to item parameters with standard errors."""
