"""The IPython glue: what watches the cells of a live kernel.

    namespace           which names are the user's, and which the shell's own
    tracker, cell       one execution after the other, from `pre_run_cell` to `post_run_cell`, into a `HistoryGraph`
    contents, sharing   has an object changed, and which other names hold it
    audit, deeds, pins  what the cell did to files, processes and the network
    randomness          the state of the global generators before a cell that drew from them
    activity            threads and tasks, which change things while no cell runs

Nothing here slows user code down: the namespace stays a plain dictionary, and no code is traced.
"""
