# SPDX-License-Identifier: Apache-2.0
"""What each page of the documentation takes for granted: folders, files, a plant that runs. For docs/run-examples."""
import base64
import contextlib
import http.server
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

from fences import ROOT, fences

START_S = 15  # until a program that was started says so
COMMAND_S = 60

# The points that nearly all pages speak of. The boiler is always over 80, so that its alarm stands.
POINTS_CSV = """name,number,register,table,address,type,unit,writable,x-sim
boiler/temp,59,40001,,,float32,°C,,sine:81:89:10
pump/run,60,,coil,0,bool,,true,
"""
PLANT = {
    "site": {"name": "plant"},
    "data_dir": "/var/lib/tagwire",
    "plugins": [
        {"id": "plc1", "type": "modbus", "config": {
            "endpoint": "tcp://127.0.0.1:1502", "poll_interval_ms": 200, "points": [{"$csv": "/etc/tagwire/points.csv"}]}},
        {"id": "lab", "type": "ingest", "config": {"points": [{"name": "ph", "number": 80, "min": 0, "max": 14}]}},
        {"id": "alarms", "type": "alarms", "config": {"rules": [
            {"id": 77, "name": "Boiler high", "point": "plc1/boiler/temp", "comparison": "above", "alarm_threshold": 80}]}},
        {"id": "history", "type": "sql", "config": {"database": "sqlite:history.db", "batch_interval_ms": 100}},
        {"id": "web", "type": "ws", "config": {
            "listen": "127.0.0.1:8080", "auth": {"anonymous": ["*:read"]},
            "endpoints": [{"path": "/ws/live", "protocol": "live"}, {"path": "/ws", "protocol": "panel"}]}}],
}

# Programs that need root or a service manager, and what does the same here. @S@ is the scratch folder.
STAND_INS = {
    "sudo": '[ "$1" = -u ] && shift 2\nexec "$@"\n',
    "chown": "exit 0\n",
    "install": """set -- "$@" end
while [ "$1" != end ]; do
  case "$1" in -o|-g) shift 2;; *) set -- "$@" "$1"; shift;; esac
done
shift
exec /usr/bin/install "$@"
""",
    "nano": "exec sed -i 's/\"poll_interval_ms\": [0-9]*/\"poll_interval_ms\": 300/' \"$1\"\n",
    "journalctl": "exec cat @S@/journal\n",
    "systemctl": """case "$1" in
start)
  @S@/bin/tagwire run @S@/etc/tagwire/manifest.json > @S@/journal 2>&1 < /dev/null &
  echo $! > @S@/service.pid
  for i in $(seq 150); do grep -q ready @S@/journal && exit 0; sleep 0.1; done
  cat @S@/journal; exit 1;;
stop)
  kill "$(cat @S@/service.pid)"
  # Its exe is gone at once when it has ended, itself only once somebody has asked how.
  while [ -e "/proc/$(cat @S@/service.pid)/exe" ]; do sleep 0.05; done; rm @S@/service.pid;;
reload) kill -HUP "$(cat @S@/service.pid)";;
*) echo "the stand-in for systemctl knows start, stop and reload" >&2; exit 1;;
esac
""",
}


class Failed(Exception):
    """What an example did instead of what it should."""


def free_port():
    """Below those that the kernel gives to connections, so that none takes it before its listener is there."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as taken, contextlib.suppress(OSError):
            taken.bind(("127.0.0.1", port))
            return port


class WebSocket:
    """As little of RFC 6455 as a dialogue of text needs."""

    def __init__(self, port, path, token):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                             f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                             + (f"Authorization: Bearer {token}\r\n" if token else "") + "\r\n").encode())
        self.stream = self.socket.makefile("rb")
        status = self.stream.readline().decode()
        if " 101 " not in status:
            raise Failed(f"the upgrade of {path} is answered with {status.strip()}")
        while self.stream.readline().strip():
            pass
        self.seen = []

    def say(self, text):
        self.frame(1, text.encode())

    def frame(self, kind, content):
        length = bytes([0x80 | len(content)]) if len(content) < 126 else bytes([0x80 | 126]) + len(content).to_bytes(2, "big")
        self.socket.sendall(bytes([0x80 | kind]) + length + b"\0\0\0\0" + content)  # a mask of zeros changes nothing

    def message(self):
        head = self.stream.read(2)
        if len(head) < 2:
            raise Failed("the connection was closed")
        kind, length = head[0] & 15, head[1] & 127
        if length > 125:
            length = int.from_bytes(self.stream.read(2 if length == 126 else 8), "big")
        content = self.stream.read(length)
        if kind == 9:
            self.frame(10, content)
        if kind == 8:
            raise Failed(f"closed with {int.from_bytes(content[:2], 'big')} {content[2:].decode()}")
        return content.decode() if kind == 1 else ""

    def wait_for(self, pattern, seconds):
        until = time.monotonic() + seconds
        with contextlib.suppress(TimeoutError):  # of the socket: nothing came at all
            while time.monotonic() < until:
                self.seen.append(self.message())
                if re.match(pattern, self.seen[-1]):
                    return
        raise Failed(f"did not come; the last messages: {self.seen[-3:]}")

    def close(self):
        self.stream.close()
        self.socket.close()


class Scene:
    """A scratch folder, a bash in it, and what runs beside it."""

    def __init__(self, program):
        self.program = program
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tagwire-docs-"))
        self.port, self.plc, self.plc2, self.hook = free_port(), free_port(), free_port(), free_port()
        self.token, self.services, self.output_of = "tw_none", [], {}
        self.others = contextlib.ExitStack()  # servers that are no program of the shell
        self.places = [
            (r"127\.0\.0\.1:8080|192\.0\.2\.5:8080", f"127.0.0.1:{self.port}"),
            (r"127\.0\.0\.1:1502", f"127.0.0.1:{self.plc}"), (r"127\.0\.0\.1:1503", f"127.0.0.1:{self.plc2}"),
            (r"192\.0\.2\.9:8123", f"127.0.0.1:{self.hook}"),
            (r"(?<![\w./-])/(?=(etc|var/lib|backup)\b)", f"{self.folder}/")]
        self.make_stand_ins()
        (self.folder / "curl.rc").write_text("silent\nshow-error\nfail-with-body\nmax-time = 10\n")
        (self.folder / "curl.rc").rename(self.folder / ".curlrc")
        environment = {**os.environ, "PATH": f"{self.folder}/bin:/usr/bin:{os.environ['PATH']}", "CURL_HOME": str(self.folder),
                       "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        self.shell = subprocess.Popen(["bash", "--noprofile", "--norc"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, cwd=self.folder, env=environment, start_new_session=True)

    def make_stand_ins(self):
        folder = self.folder / "bin"
        folder.mkdir()
        # Ports that are meant when none is named are fixed, too.
        here = (f'case "$*" in sim*--listen*|*--help*) ;; sim*) set -- "$@" --listen 127.0.0.1:{self.plc};;\n'
                f'trace*http*) ;; trace*) shift; set -- trace http://127.0.0.1:{self.port} "$@";; esac\n')
        for name, text in {**STAND_INS, "tagwire": here + f'exec "{self.program}" "$@"\n'}.items():
            (folder / name).write_text("#!/bin/sh\n" + text.replace("@S@", str(self.folder)))
            (folder / name).chmod(0o755)

    def here(self, text):
        """A text of a page with places that exist."""
        for pattern, place in self.places:
            text = re.sub(pattern, lambda _, place=place: place, text)
        return text

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.here(text))

    def run(self, command, seconds=COMMAND_S):
        """Exit code and all output."""
        self.shell.stdin.write(f"{{ {self.here(command)}\n}} </dev/null\nprintf '\\n@@%s@@' $?\n".encode())
        self.shell.stdin.flush()
        said, until = b"", time.monotonic() + seconds
        while not (end := re.search(rb"\n@@(\d+)@@$", said)):
            if not select.select([self.shell.stdout], [], [], max(0, until - time.monotonic()))[0]:
                raise Failed(f"does not end within {seconds} s: {said.decode(errors='replace')[-500:]}")
            got = os.read(self.shell.stdout.fileno(), 65536)
            if not got:
                raise Failed("ended the shell")
            said += got
        self.mend_ports(command)
        return int(end[1]), said[:end.start()].decode(errors="replace")

    def mend_ports(self, command):
        """A starter that `tagwire init` has written has fixed ports."""
        if "tagwire init" in command:
            for path in self.folder.rglob("tagwire.json"):
                path.write_text(self.here(path.read_text()))

    def must(self, command):
        code, output = self.run(command)
        if code != 0:
            raise Failed(f"{command}: ends with {code}: {output.strip()}")
        return output

    def background(self, command):
        log = self.folder / f"log{len(self.services)}"
        log.touch()
        # With job control it has a process group of its own, by which it is ended.
        pid = int(self.must(f"set -m\n{{ exec env {command}\n}} </dev/null >{log} 2>&1 &\nset +m; echo $!").split()[-1])
        self.services.append(pid)
        return pid, log

    def start(self, command, ready):
        pid, log = self.background(command)
        until = time.monotonic() + START_S
        while not re.search(ready, log.read_text()):
            if time.monotonic() > until or not self.is_alive(pid):
                raise Failed(f"does not say `{ready}`, but: {log.read_text().strip()[-800:]}")
            time.sleep(0.05)
        return log.read_text()

    def look(self, command):
        """Of something that goes on and on: what it prints (or, without a terminal to print to, posts) first."""
        pid, log = self.background(command)
        until = time.monotonic() + START_S
        while not (log.read_text() or self.output_of.get("webhook")):
            if time.monotonic() > until or not self.is_alive(pid):
                raise Failed(f"tells nothing: {log.read_text().strip()[-800:]}")
            time.sleep(0.05)
        time.sleep(0.1)
        self.end(pid)
        said = log.read_text() + self.output_of.get("webhook", "")
        if re.search(r"Error|refused|Traceback", said):
            raise Failed(said.strip()[-800:])
        return said

    def is_alive(self, pid):
        self.run(":")  # bash looks after its children
        return pathlib.Path(f"/proc/{pid}").exists()

    def end(self, pid):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGTERM)
        self.run(f"wait {pid}")
        with contextlib.suppress(ProcessLookupError):  # what it has started itself ends a little later
            for _ in range(100):
                os.killpg(pid, 0)
                time.sleep(0.05)
        self.services.remove(pid)

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method,
                                         data=json.dumps(body).encode() if body is not None else None,
                                         headers={"Authorization": f"Bearer {self.token}"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                text = answer.read().decode()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def until(self, what, condition, seconds=START_S):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise Failed(f"{what} does not come")
            time.sleep(0.05)

    def close(self):
        with contextlib.suppress(Failed, OSError):
            if (self.folder / "service.pid").exists():
                self.run("systemctl stop tagwire")
            for pid in reversed(self.services[:]):
                self.end(pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.shell.pid, signal.SIGKILL)
        self.shell.wait()
        self.others.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def plant(scene, then=lambda scene: None):
    """The plant of the pages as the service, with its PLC; a token that may do all."""
    scene.write("etc/tagwire/points.csv", POINTS_CSV)
    scene.write("etc/tagwire/manifest.json", json.dumps(PLANT))
    for name in ("plant.json", "plant/tagwire.json"):  # the same plant under the names of other pages
        (scene.folder / name).parent.mkdir(exist_ok=True)
        (scene.folder / name).symlink_to(scene.folder / "etc/tagwire/manifest.json")
    (scene.folder / "var").mkdir(exist_ok=True)
    (scene.folder / "var/history.db").symlink_to(scene.folder / "var/lib/tagwire/history.db")
    scene.must("mkdir -p -m 0700 /var/lib/tagwire /backup")
    scene.token = re.search(r"tw_\S+", scene.must("tagwire token create docs --allow '*:*' --data-dir /var/lib/tagwire"))[0]
    scene.places += [(r"tw_…", scene.token), (r"\bDIR\b", str(scene.folder / "var/lib/tagwire"))]
    scene.start("tagwire sim modbus --points /etc/tagwire/points.csv", "listening")
    scene.must("systemctl start tagwire")
    then(scene)
    return scene


def plant_with_history(scene):
    """Values stored, an alarm seen by an operator, a rule made, a pump switched."""
    def work(at):
        at.until("the alarm", lambda: at.ask("GET", "/api/v1/alarms/77")[1].get("state") == "ALARM")
        for path, body in (("alarms/77/ack", {"comment": "seen"}),
                           ("alarm-rules", {"id": 501, "name": "Boiler very high", "point": "plc1/boiler/temp",
                                            "comparison": "above", "alarm_threshold": 95}),
                           ("commands", {"point": "plc1/pump/run", "value": True, "comment": "docs"})):
            status, answer = at.ask("POST", f"/api/v1/{path}", body)
            if status >= 300:
                raise Failed(f"POST /api/v1/{path}: {status} {answer}")
    return plant(scene, work)


def ingest(scene):
    plant(scene)
    scene.must(f"export TOKEN={scene.token}")


def alarms(scene):
    plant_with_history(scene)
    scene.must("cd /var/lib/tagwire")


def observability(scene):
    plant(scene)
    scene.start("tagwire watch ws://127.0.0.1:8080/ws/live 'points/#'", "boiler")  # the client that is sent to


def history(scene):
    """With a PostgreSQL server where one is installed; the command of the page fails where none is."""
    plant_with_history(scene)
    if shutil.which("initdb") or list(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        sys.path.insert(0, str(ROOT / "bench"))
        from postgres_parts import server
        folder = re.search(r"host=(.*)", scene.others.enter_context(server()).url)[1]
        scene.must(f"export PGHOST={folder} PGUSER=postgres; psql -qc 'CREATE DATABASE plant'")
        scene.write("archive.json", json.dumps({"data_dir": "archive", "plugins": [PLANT["plugins"][0], {
            "id": "history", "type": "sql", "config": {
                "database": f"postgresql://postgres@/plant?host={folder}", "batch_interval_ms": 100}}]}))
        scene.start("tagwire run archive.json", "ready")
    # Roll-ups are made when 262,144 values are there (or a day is over).
    lines = [f"2026-02-{2 + i // 86400:02}T{i // 3600 % 24:02}:{i // 60 % 60:02}:{i % 60:02}Z,plc1/boiler/temp,{81 + i % 7}"
             for i in range(270_000)]
    scene.write("laboratory.csv", "\n".join(["time,point,value", *lines]) + "\n")


def operations(scene):
    plant(scene)
    scene.must("systemctl stop tagwire")
    # The back-up of the page has today's date; the one that it unpacks has another.
    scene.places.append((r"tagwire-2026-02-10\.tar\.gz", "tagwire-$(date +%F).tar.gz"))
    scene.places.append((r"(?<=/backup/)2026-02-10\b", "$(date +%F)"))
    scene.places.append((r"tar -C / ", f"tar -C {scene.folder} "))
    scene.must("rm plant/tagwire.json && cp /etc/tagwire/manifest.json plant/tagwire.json && systemctl start tagwire")


def demo(scene):
    """As a clone that is built: what `make run` starts once it has built."""
    shutil.copytree(ROOT / "app/manifests", scene.folder / "app/manifests")
    for path in (scene.folder / "app/manifests/demo").glob("*"):
        path.write_text(re.sub(r"(?<=csv )(?=150\d$)", "127.0.0.1:", path.read_text(), flags=re.M).replace("127.0.0.1:$2", "$2"))
        path.write_text(scene.here(path.read_text()))
    scene.must("mkdir build && ln -s ../bin/tagwire build/tagwire")
    scene.write("Makefile", "run:\n\t@app/manifests/demo/run build/tagwire\n")


def converted(scene):
    plant(scene)
    (scene.folder / "plant.json").unlink()  # the page makes it
    cases = ROOT / "app/tests/convert"
    (scene.folder / "etc/telegraf").mkdir(parents=True)
    shutil.copy(cases / "telegraf-whole/input.conf", scene.folder / "etc/telegraf/telegraf.conf")
    shutil.copy(cases / "fuxa/input.json", scene.folder / "project.json")


def home_assistant(scene):
    plant(scene)
    (scene.folder / "docs").symlink_to(ROOT / "docs")

    class Webhook(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            scene.output_of["webhook"] = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", scene.hook), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()


SCENES = {
    "README.md": demo,
    "docs/audit.md": plant_with_history,
    "docs/coming-from.md": converted,
    "docs/home-assistant.md": home_assistant,
    "docs/observability.md": observability,
    "docs/operations.md": operations,
    "docs/reload.md": plant,
    "docs/troubleshooting.md": plant,
    "docs/wire-contracts.md": plant,
    "plugins/alarms/README.md": alarms,
    "plugins/ingest/README.md": ingest,
    "plugins/sql/README.md": history,
    "plugins/ws/README.md": plant_with_history,
}


@contextlib.contextmanager
def scene_for(page, program):
    scene = Scene(program)
    try:
        SCENES.get(page, lambda _: None)(scene)
        yield scene
    finally:
        scene.close()
