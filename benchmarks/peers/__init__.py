"""Who is measured: one class a file, each the best form that its library's authors would write for one CPU core.

Every peer is built as `Peer(cell, threads)`, starts from this project's first weights and reads the same examples:

    peer.steps(order) → seconds    trains on the batches order[0], order[1], … of rows
    peer.losses(order) → losses    the same, with each step's loss

`threads`: of its arithmetic, None where the library may choose. Whatever is compiled, copied or allocated once is done
when the peer is built or at its first steps, which nobody times.
"""


class Unsupported(Exception):
    """The library has no such optimizer, layer or option."""
