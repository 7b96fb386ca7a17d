"""End-to-end proof of Kernel Ferry: a real cluster (`e2e.cluster`), its images, and the suites that run on it.

Not part of the distribution: nothing under `kernel_plugin/` or `operator/` imports it.
"""
