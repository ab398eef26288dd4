"""Seeds of the sample's contract."""
