"""The pure domain: which names a cell touches, the history of a session, and what to store and what to replay.

No IPython, no objects' bytes, no files, no clocks: everything comes in as an argument, so everything here can be tested
without a kernel. From the code of a cell to a plan:

    names, reach        what a cell may touch: its code, the functions it calls
    history             what each cell has read and written: a bipartite graph of variable snapshots and executions
    effects, replay     what else it did, and whether that forbids to run it again
    costs, plan         what to store and what to recompute: the cheapest choice, exactly
    steps               in which order to run, load and forget

Import the modules themselves; networkx is loaded only when a plan needs it.
"""
