"""What the demo's server processes use: CPU to the nanosecond, memory, PHP requests, SQL statements."""

import functools
import os
import pathlib
import statistics
import subprocess
import time

ENV = os.environ
PID_FILES = {
    "mariadb": "run/mariadb.pid",
    "php": "run/php-fpm.pid",
    "nginx": "run/nginx.pid",
    "dovecot": "run/dovecot/master.pid",
    "postfix": "postfix/queue/pid/master.pid",
    "sidecar": "run/sidecar.pid",
}


def pid_of(service):
    path = pathlib.Path(ENV["DEMO_DIR"]) / PID_FILES[service]
    return int(path.read_text()) if path.exists() else None


def cpu():
    """CPU seconds of each service with all its processes.

    Each process has a clock of its own that counts nanoseconds; what its children used that ended is
    counted in ticks, but summed up before it is cut.
    """
    times = {}
    for pid in pids():
        try:
            line = pathlib.Path(f"/proc/{pid}/stat").read_text()
            used = time.clock_gettime_ns((~pid << 3) | 2)
        except OSError:
            continue
        fields = line[line.rindex(")") + 2 :].split()
        times[pid] = used / 1e9 + (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return by_service(times)


def memories():
    """MB of each service with all its processes, shared pages in parts (PSS)."""
    return by_service({pid: pss(pid) for pid in pids()})


def pids():
    return [int(entry.name) for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit()]


def by_service(figures):
    """Adds up what belongs to the processes of each service."""
    roots = {pid: service for service in PID_FILES if (pid := pid_of(service))}
    used = dict.fromkeys(PID_FILES, 0.0)
    for pid, figure in figures.items():
        up, steps = pid, 0
        while up not in roots and up > 1 and steps < 20:
            up, steps = parent(up), steps + 1
        if up in roots:
            used[roots[up]] += figure
    return used


def parent(pid):
    try:
        line = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    return int(line[line.rindex(")") + 2 :].split()[1])


def sql_statements():
    return int(sql("SHOW GLOBAL STATUS LIKE 'Questions'").split()[1])


def rows_read():
    """Rows that the database looked at, for whatever statement."""
    lines = sql("SHOW GLOBAL STATUS WHERE Variable_name LIKE 'Handler_read%' AND Variable_name <> 'Handler_read_retry'")
    return sum(int(line.split()[1]) for line in lines.splitlines())


@functools.cache
def rows_of_a_look():
    """Rows that reading the counter reads itself."""
    return -rows_read() + rows_read()


def sql(query):
    return subprocess.run(
        ["mariadb", "-S", ENV["DEMO_SQL_SOCKET"], "-N", "-B", "horde", "-e", query],
        capture_output=True, text=True, check=True,
    ).stdout


def php_requests():
    with open(ENV["DEMO_ACCESS_LOG"], "rb") as log:
        return sum(1 for _ in log)


def memory(service):
    """MB of a service's main process."""
    return pss(pid_of(service))


def pss(pid):
    try:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


class Look:
    """Everything, at one moment."""

    def __init__(self, is_end=False):
        if is_end:
            self.at, self.cpu = time.monotonic(), cpu()
        rows = rows_read() if is_end else 0
        self.sql, self.php = sql_statements(), php_requests()
        self.rows = rows if is_end else rows_read()
        if not is_end:
            self.cpu, self.at = cpu(), time.monotonic()

    def since(self, before, times):
        """What one of so many runs used since another look."""
        services = {name: (self.cpu[name] - before.cpu[name]) / times * 1000 for name in self.cpu}
        return {
            "wall": (self.at - before.at) / times * 1000,
            "cpu": sum(services.values()),
            "php": (self.php - before.php) / times,
            "sql": (self.sql - before.sql - 3 * STATEMENTS_OF_A_LOOK) / times,
            "rows": (self.rows - before.rows - rows_of_a_look()) / times,
            **{f"cpu of {name}": used for name, used in services.items()},
        }


def measure(work, times):
    """Runs `work` so many times; answers means of one run."""
    before = Look()
    for _ in range(times):
        work()
    done = time.monotonic()
    # Services finish what they do after an answer: logs, closing connections.
    time.sleep(0.02)
    after = Look(is_end=True)
    after.at = done
    return after.since(before, times)


def medians(rows):
    return {what: statistics.median(row[what] for row in rows) for what in rows[0]}


# SHOW itself and what the client asks when it logs in.
STATEMENTS_OF_A_LOOK = 2
