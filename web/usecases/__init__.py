"""What the centre does: one function a use case, one transaction each."""
