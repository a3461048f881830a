"""gunicorn's threaded worker, whose threads stay with a connection for a moment after an answer.

A harvester, and whatever else asks on one connection as fast as it is answered, sends its next request within a
millisecond or two. gunicorn's own worker hands the connection back to its main thread, which waits for that request
and hands it to a thread again: twice a thread is woken, for more than it takes to answer a small request.
"""

import gc
import select

from gunicorn.workers.gthread import TConn, ThreadWorker

MOMENT = 3  # milliseconds; a thread that waits for nothing is missed by nobody for so long


class Worker(ThreadWorker):
    """A ThreadWorker that answers on the same thread what comes at once."""

    def load_wsgi(self) -> None:
        """Load the application, and look for cycles only in what comes after it: requests leave few."""
        super().load_wsgi()
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)

    def handle(self, conn: TConn) -> bool:
        """Answer a request, and those that follow at once; return what ThreadWorker.handle does for the last."""
        kept = super().handle(conn)
        while kept is True and self._has_threads_left() and _has_more(conn):
            kept = super().handle(conn)
        return kept

    def _has_threads_left(self) -> bool:
        """Whether a thread is free for whoever comes next, for a waiting one is not; never while shutting down."""
        busy = self.nr_conns - len(self.keepalived_conns) - len(self.pending_conns)
        return bool(self.alive and busy < self.cfg.threads)


def _has_more(conn: TConn) -> bool:
    """Wait a moment for the next request."""
    poll = select.poll()  # a selector would be one more file to open
    poll.register(conn.sock, select.POLLIN)
    return bool(poll.poll(MOMENT))
