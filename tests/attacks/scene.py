"""A daemon, an honest client beside it, and attackers let loose on both.

What a daemon can do is asked of it: one without an HTTP listener or without
TLS is not attacked there, and the report says so.
"""

import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

import floods
import slow
import sockets
from daemon import Daemon, Memory, init

HERE = pathlib.Path(__file__).resolve().parent
ALL = {a.name: a for a in floods.ATTACKS + slow.ATTACKS + sockets.ATTACKS}

# Attackers stand behind the daemon and the honest client: on a machine with
# few cores they would otherwise be measured as thieves of processor time.
BEHIND = 10

# Where it is measured, the honest client stands for another machine, which
# the daemon's work does not slow down.
HONEST_PRIORITY = 2


class Unsupported(Exception):
    """This daemon cannot be attacked in this way."""


class Kit:
    """The binary, a folder for what it leaves, and what it can do."""

    def __init__(self, binary, measures=False, before_all=False):
        """`measures`: the honest client runs before all others, and attackers
        on what is left, as if they had machines of their own. `before_all`:
        the daemon too runs before whatever else the machine does. Needs root.
        """
        self.binary = str(pathlib.Path(binary).resolve())
        self.measures, self.before_all = measures, before_all
        # What every daemon is told, in TOML.
        self.config = ""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="interdict-attacks-"))
        # Thousands of sockets are held here too.
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        helped = subprocess.run(
            [self.binary, "serve", "--help"], capture_output=True, text=True, check=True
        ).stdout
        listeners = ("--admin-listen", "--http-listen", "--metrics-listen")
        self.flags = [
            word for flag in listeners if flag in helped for word in (flag, "127.0.0.1:0")
        ]
        init(self.binary, self.folder / "lists")

    def first(self, priority):
        """Returns what a process that goes before others does at its start."""
        parameter = os.sched_param(priority)
        return lambda: os.sched_setscheduler(0, os.SCHED_RR, parameter)

    def last(self):
        """Returns what an attacker does at its start."""
        if self.before_all:
            return lambda: os.nice(-BEHIND)
        if self.measures:
            return lambda: os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        return lambda: os.nice(BEHIND)

    def data_dir(self, name):
        """Returns a data directory with the bundled lists, of its own."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self.folder / "lists", path)
        return path

    def log(self):
        """Returns where the daemons' standard error goes."""
        return self.folder / "daemon.log"

    def certificate(self):
        """Returns the tables that make a daemon speak TLS."""
        if not shutil.which("openssl"):
            raise Unsupported("there is no openssl to make a certificate with")
        certificate, key = self.folder / "cert.pem", self.folder / "key.pem"
        if not key.exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:prime256v1", "-nodes", "-days", "7", "-subj", "/CN=localhost",
                 "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                check=True,
                capture_output=True,
            )  # fmt: skip
        return f'[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n'

    def close(self):
        """Removes the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Scene:
    """One daemon and its honest client, from start to stop."""

    def __init__(self, kit, listener="grpc", config="", rate=1000, connections=4):
        self.kit, self.tls = kit, listener == "tls"
        config = kit.config + config
        if listener in ("http", "metrics") and f"--{listener}-listen" not in kit.flags:
            raise Unsupported(f"this daemon has no {listener} listener")
        if self.tls:
            config += kit.certificate()
        try:
            first = kit.first(1) if kit.before_all else None
            self.daemon = Daemon(
                kit.binary, kit.data_dir("data"), kit.log(), kit.flags, config, first
            )
        except RuntimeError as error:
            if self.tls and "tls" in str(error):
                raise Unsupported("this daemon speaks no TLS") from error
            raise
        try:
            self.honest = self._honest(rate, connections)
        except BaseException:
            self.daemon.stop()
            raise

    def _honest(self, rate, connections):
        host, port = self.daemon.address("grpc")
        command = [sys.executable, "-B", str(HERE / "honest.py"), f"{host}:{port}"]
        command += ["--rate", str(rate), "--connections", str(connections)]
        command += ["--tls"] if self.tls else []
        honest = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=self.kit.first(HONEST_PRIORITY) if self.kit.measures else None,
        )
        if honest.stdout.readline().strip() != "ready":
            honest.kill()
            honest.wait()
            raise RuntimeError("the honest client could not connect")
        return honest

    def begin_measuring(self, seconds):
        """Has the honest client measure; `measured` returns what it saw."""
        self.honest.stdin.write(f"measure {seconds}\n")
        self.honest.stdin.flush()

    def measured(self):
        """Waits for the end of the stretch begun last."""
        line = self.honest.stdout.readline()
        if not line:
            raise RuntimeError("the honest client has ended: it had no connection left")
        return json.loads(line)

    def attacker(self, name, seconds):
        """Starts one attack as a process of its own."""
        attack = ALL[name]
        host, port = self.daemon.address(attack.listener)
        command = [sys.executable, "-B", str(HERE / "attacks.py"), "--attacker", name]
        command += ["--target", f"{host}:{port}", "--seconds", str(seconds)]
        if name == "no-files":
            self._leave_few_files()
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, preexec_fn=self.kit.last()
        )

    def _leave_few_files(self, spare=24):
        """Lowers the running daemon's limit to a little above what it has."""
        pid = self.daemon.process.pid
        hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]
        # Descriptors are given out lowest first, so the highest counts.
        highest = max(int(name) for name in os.listdir(f"/proc/{pid}/fd"))
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (highest + spare, hard))

    def run(self, names, seconds):
        """Runs attacks at the same time, and returns what they and the honest
        client saw, and what it cost."""
        before, cpu = self.daemon.rss_kib(), self.daemon.cpu_seconds()
        memory = Memory(self.daemon)
        attackers = [self.attacker(name, seconds) for name in names]
        self.begin_measuring(seconds)
        results = [json.loads(attacker.communicate()[0]) for attacker in attackers]
        honest = self.measured()
        spent = self.daemon.cpu_seconds() - cpu
        return {
            "attacks": results,
            "honest": honest,
            "cpu_per_second": spent / seconds,
            "rss_before_kib": before,
            "rss_peak_kib": memory.stop(),
        }

    def quiet(self, seconds):
        """Measures without an attack."""
        cpu = self.daemon.cpu_seconds()
        self.begin_measuring(seconds)
        honest = self.measured()
        honest["cpu_per_second"] = (self.daemon.cpu_seconds() - cpu) / seconds
        return honest

    def takes_connections(self):
        """Whether one who comes now is answered, as a last check."""
        try:
            honest = self._honest(100, 1)
        except RuntimeError:
            return False
        honest.stdin.write("measure 0.5\n")
        honest.stdin.flush()
        line = honest.stdout.readline()
        honest.stdin.close()
        honest.wait()
        return bool(line) and json.loads(line)["errors"] == 0

    def stop(self):
        """Ends both; returns the daemon's exit code."""
        self.honest.stdin.close()
        try:
            self.honest.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.honest.kill()
            self.honest.wait()
        return self.daemon.stop()
