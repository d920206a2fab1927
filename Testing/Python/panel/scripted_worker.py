"""A worker that plays a part: real process, real protocol, no networks. Its part is the first argument."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

part, session = sys.argv[1], Path(sys.argv[sys.argv.index("--session") + 1])


STATISTICS = {"volume_ml": 0.0, "brain_ml": 1400.0, "lesions": []}


def say(event, job="", **values):
    print(json.dumps({"event": event, "job": job, **values}), flush=True)


def succeed(job):
    say("progress", job.name, fraction=0.5, stage="half")
    say("warning", job.name, text="mind the gap")
    (job / "result").mkdir()
    (job / "result" / "result.json").write_text(
        json.dumps({"reference": "DWI", "statistics": STATISTICS, "pid": os.getpid()})
    )
    (job / "result" / "labels.npz").write_bytes(b"labels")
    files = {"record": str(job / "result" / "result.json"), "volumes": {"labels": str(job / "result" / "labels.npz")}}
    say("done", job.name, report=None, **files)


def wait_for_cancel(job):
    while not (job / "cancel").exists():
        time.sleep(0.02)
    say("cancelled", job.name)


def hang(job):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=subprocess.DEVNULL)
    (session / "pids").write_text(f"{os.getpid()} {child.pid}")
    time.sleep(600)


def die(job):
    print("loading\nout of ideas", file=sys.stderr, flush=True)
    os._exit(7)


def flood(job):
    for number in range(200_000):
        print(f"line {number} " + "x" * 40)
    sys.stdout.flush()
    succeed(job)


def fail(job):
    say("error", job.name, what="no lesion network", where="model", fix="Install it", code=1)


def odd(job):
    os.write(1, b"\xff\xfe half a line of bytes ")
    say("progress", job.name, fraction=0.25, stage="nach \u4e2d")
    os.write(1, b"x" * 300_000 + b"\n")
    succeed(job)


PARTS = {f.__name__: f for f in (succeed, wait_for_cancel, hang, die, flood, fail, odd)}
say("ready", pid=os.getpid())
if part == "rest" and not (session / "rested").exists():
    (session / "rested").touch()
    sys.exit(0)
taken = set()
while session.is_dir():
    for path in sorted(session.glob("*/job.json")):
        if path not in taken:
            taken.add(path)
            say("started", path.parent.name)
            PARTS.get(part, succeed)(path.parent)
    time.sleep(0.02)
