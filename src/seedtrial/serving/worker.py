"""A further process of a server: `python -m seedtrial.serving.worker`, started by `workers.py` alone.

Its settings are a line of JSON on standard input, where nobody else sees the token. It serves until that is closed.
"""

import json
import mmap
import signal
import sys
import threading

from seedtrial.errors import SeedtrialError
from seedtrial.human.server import ServerSettings, listen
from seedtrial.serving.bundle import Bundle
from seedtrial.serving.metrics import ServerMetrics
from seedtrial.serving.server import Address, make_server


def serve_as_worker() -> None:
    """Serve. Raises SeedtrialError when the network or the address cannot be used."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the first one ends the others
    settings = json.loads(sys.stdin.buffer.readline())
    address = Address(settings["host"], settings["port"], settings["token"])
    counted = ServerMetrics(mmap.mmap(settings["memory"], 0), settings["worker"])
    server = make_server(Bundle.load(settings["bundle"], threads=1), address, address.port, counted)

    def end() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=end, daemon=True).start()
    server.run([listen(ServerSettings(address.host, address.port, address.token), shared=True)])


if __name__ == "__main__":
    try:
        serve_as_worker()
    except SeedtrialError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
