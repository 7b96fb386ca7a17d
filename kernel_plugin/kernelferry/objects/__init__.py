"""Bytes and objects: what a session holds, told apart, written down and made again.

It knows nothing of notebooks: a session is a namespace and the process around it. Each part is imported by its own
name, so that nobody pays for what he does not use.
"""
