#!/usr/bin/env python3
"""Does the program keep to its own description, whatever it is sent?

For each document of openapi/ a demo server starts, and schemathesis calls it for so many seconds. Fails at a 5xx, an answer outside its
schema, a status that is not described, or whatever else the checks find that are on in schemathesis.toml.

    run.py PROGRAM SECONDS [DOCUMENT…]
"""

import json
import os
import pathlib
import re
import string
import subprocess
import sys
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# Checks that a rule of ours contradicts, each with the rule.
OFF = {
    # Schemas cannot say which ids there are, how long a text may be or which rows need each other: what they allow may be 400.
    "positive_data_acceptance",
    # Messages of others are read tolerantly, as the documents ask: numbers as texts, members nobody knows, an unreadable
    # record kept aside.
    "negative_data_rejection",
}
TOOL = pathlib.Path(sys.executable).with_name("schemathesis")


def application(demo):
    """The access token of the demo's application."""
    login = {"client_id": demo["clientId"], "client_secret": demo["clientSecret"], "grant_type": "client_credentials"}
    request = urllib.request.Request(
        demo["url"] + "/api/auth/authorize", json.dumps(login).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["access_token"]


def values(demo):
    """What schemathesis.toml leaves open."""
    return {
        "ADMIN": demo["adminToken"],
        "APPLICATION": application(demo),
        "CUSTOMERS": demo["customersToken"],
        "DATASYNC": demo["datasyncSecret"],
        "LOYALTY": demo["partnerToken"],
        "REGISTER": demo["posToken"],
        "MERCHANT": demo["merchantId"],
        "SOURCE": demo["sourceId"],
        "PLACE": demo["placeId"],
        "MEMBER": demo["memberId"],
        "POINTS": demo["pointsBalanceId"],
        "CREDIT": demo["creditBalanceId"],
        "ORDER": demo["order"]["orderId"],
    }


class Run:
    """One document: its server, its fuzzer, and where their words go."""

    def __init__(self, program, seconds, name, folder):
        self.name = name
        self.log = open(folder / f"{name}.server", "w")
        self.server = subprocess.Popen(
            [program, "demo", "--json"], stdout=subprocess.PIPE, stderr=self.log, text=True, env=clean()
        )
        line = self.server.stdout.readline()
        if not line:
            raise SystemExit(f"fuzz: the demo does not start; see {self.log.name}")
        demo = json.loads(line)
        self.report = open(folder / f"{name}.report", "w+")
        config = folder / f"{name}.toml"
        config.write_text(string.Template((HERE / "schemathesis.toml").read_text()).substitute(values(demo)))
        words = ["--config-file", config, "run", ROOT / "openapi" / f"{name}.json"]
        words += ["--url", demo["url"], "--max-time", str(seconds), "--no-color"]
        words += ["--checks", "all", "--exclude-checks", ",".join(sorted(OFF))]
        self.fuzzer = subprocess.Popen(
            [TOOL, *words], stdout=self.report, stderr=subprocess.STDOUT, cwd=folder, env=clean()
        )

    def end(self):
        """Whether nothing was found."""
        code = self.fuzzer.wait()
        is_alive = self.server.poll() is None
        self.server.terminate()
        self.server.wait()
        self.report.seek(0)
        text = self.report.read()
        tested = re.search(r"Tested: +(\d+)", text)
        if code == 0 and is_alive and tested:
            print(f"fuzz: {self.name}: {tested[1]} operations, nothing found")
            return True
        print(f"fuzz: {self.name}: exit code {code}{'' if is_alive else ', and the server is gone'}\n{text}")
        return False


def clean():
    """The environment without settings of a server of the user's own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("STAMGAST_")}


def main():
    """Runs all documents side by side."""
    program, seconds, *names = sys.argv[1:]
    names = names or sorted(path.stem for path in (ROOT / "openapi").glob("*.json"))
    with tempfile.TemporaryDirectory(prefix="stamgast-fuzz-") as folder:
        runs = [Run(program, int(seconds), name, pathlib.Path(folder)) for name in names]
        sys.exit(0 if all([run.end() for run in runs]) else 1)


if __name__ == "__main__":
    main()
