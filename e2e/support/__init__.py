"""What the suites share: which cluster they run on, the pods they make there, and a client of Jupyter Server."""
