"""A daemon of our own: started, watched from outside, stopped by its id."""

import os
import pathlib
import re
import signal
import subprocess
import threading

READY_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")


class Daemon:
    """One daemon on free ports of loopback."""

    def __init__(self, binary, data_dir, log, flags=(), config="", first=None):
        environment = {n: v for n, v in os.environ.items() if not n.startswith("INTERDICT_")}
        command = [binary, "serve", "--data-dir", str(data_dir), "--listen", "127.0.0.1:0", *flags]
        if config:
            path = pathlib.Path(log).with_suffix(".toml")
            path.write_text(config)
            command += ["--config", str(path)]

        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=open(log, "ab"),
            env=environment | {"INTERDICT_LOG": "warn"},
            text=True,
            preexec_fn=first,
        )
        self.addresses = {}
        watchdog = threading.Timer(READY_SECONDS, self.process.kill)
        watchdog.start()
        try:
            wanted = 1 + sum(flag.endswith("-listen") for flag in flags)
            for line in self.process.stdout:
                found = re.search(r"(\w+) (?:is serving )?on https?://(\S+):(\d+)", line)
                if found:
                    self.addresses[found[1]] = (found[2], int(found[3]))
                if len(self.addresses) == wanted:
                    break
        finally:
            watchdog.cancel()
        if "interdict" not in self.addresses:
            self.stop()
            words = pathlib.Path(log).read_text(errors="replace")[-2000:]
            raise RuntimeError(f"the daemon ended before it said where it serves:\n{words}")

    def address(self, listener):
        """Returns host and port of a listener, or None if it has none such."""
        names = {"http": "console", "metrics": "metrics"}
        return self.addresses.get(names.get(listener, "interdict"))

    def is_running(self):
        return self.process.poll() is None

    def rss_kib(self):
        """Returns its resident memory."""
        return int(self._status("VmRSS"))

    def _status(self, name):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith(name + ":"):
                return line.split()[1]
        raise RuntimeError(f"the daemon (process {self.process.pid}) is no more")

    def cpu_seconds(self):
        """Returns the processor time it has used."""
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def stop(self):
        """Ends it as a service manager would; returns its exit code."""
        if self.is_running():
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        return code


class Memory(threading.Thread):
    """Looks at a daemon's memory until it is stopped."""

    def __init__(self, daemon, every=0.02):
        super().__init__(daemon=True)
        self.watched, self.every = daemon, every
        self.peak_kib = daemon.rss_kib()
        self._end = threading.Event()
        self.start()

    def run(self):
        while not self._end.wait(self.every):
            try:
                self.peak_kib = max(self.peak_kib, self.watched.rss_kib())
            except (OSError, RuntimeError):
                return

    def stop(self):
        self._end.set()
        self.join()
        return self.peak_kib


def init(binary, data_dir):
    """Makes a data directory with the lists that come with the program."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith("INTERDICT_")}
    subprocess.run(
        [binary, "init", "--data-dir", str(data_dir)],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=environment | {"INTERDICT_LOG": "error"},
        timeout=READY_SECONDS,
    )
