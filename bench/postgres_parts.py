# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server of a benchmark's own, on a socket in a temporary folder; never as root."""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PORT = 5432  # names the socket only: nothing listens on the network


def programs():
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if not found:
        sys.exit("no PostgreSQL in /usr/lib/postgresql: install postgresql-15")
    return found[-1].parent


class Server:
    def __init__(self, process, folder):
        self.process = process
        self.url = f"postgresql://postgres@localhost:{PORT}/postgres?host={folder}"

    def signal_all(self, number):
        """Backends are in process groups of their own: they are found as children of the first process."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.process.send_signal(number)
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), number)

    def freeze(self):
        self.signal_all(signal.SIGSTOP)

    def thaw(self):
        self.signal_all(signal.SIGCONT)


@contextlib.contextmanager
def server():
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="tagwire-pg-", dir="/var/tmp") as folder:
        if user:
            shutil.chown(folder, user["user"], user["group"])
        data = pathlib.Path(folder, "data")
        subprocess.run([programs() / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale",
                        "--no-sync"], cwd=folder, check=True, stdout=subprocess.DEVNULL, **user)
        command = [programs() / "postgres", "-D", data, "-p", str(PORT), "-k", folder, "-h", ""]
        log = pathlib.Path(folder, "log")  # a file: backends would wait for whoever reads a pipe
        with open(log, "w", encoding="utf-8") as output, \
                subprocess.Popen(command, cwd=folder, stdout=output, stderr=output, **user) as process:
            running = Server(process, folder)
            try:
                for _ in range(300):
                    if "ready to accept connections" in log.read_text(encoding="utf-8"):
                        break
                    time.sleep(0.1)
                else:
                    sys.exit("the PostgreSQL server does not start:\n" + log.read_text(encoding="utf-8")[-1000:])
                yield running
            finally:
                running.thaw()
                process.send_signal(signal.SIGINT)
                process.wait(timeout=60)
