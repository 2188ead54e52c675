#!/usr/bin/env python3
"""A client of hearthd in Python, with nothing but the standard library.

    client.py          lists the agents and follows what happens, until Ctrl-C
    client.py AGENT    asks for a cycle of that agent and follows its events until it is done
"""

import collections
import itertools
import json
import os
import pathlib
import socket
import stat
import sys


def home():
    """The directory of the daemon's files."""
    if os.environ.get("HEARTH_HOME"):
        return pathlib.Path(os.environ["HEARTH_HOME"])
    here = pathlib.Path.cwd()
    for directory in (here, *here.parents):
        if (directory / "hearth.toml").exists():
            return directory / ".hearth"
    return pathlib.Path.home() / ".hearth"


def endpoint():
    """Where the daemon listens, and the token to attach with."""
    path, token = os.environ.get("HEARTH_SOCKET"), os.environ.get("HEARTH_TOKEN")
    if path and token:
        return path, token  # the session of an agent
    try:
        with open(home() / "daemon.json", encoding="utf-8") as file:
            # A file that somebody else planted would send the token to them.
            owner = os.fstat(file.fileno())
            if owner.st_uid != os.geteuid() or owner.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                sys.exit(f"{file.name} is not safely yours")
            daemon = json.load(file)
    except FileNotFoundError:
        sys.exit("daemon offline: run 'hearth daemon start'")
    if daemon["version"] > 1:
        sys.exit("the daemon is newer than this client")
    # Whoever has a token of its own never takes the operator's.
    return path or daemon["socketPath"], token or daemon["token"]


class HearthError(Exception):
    """An error that the daemon answered with: told apart by kind, never by message."""

    def __init__(self, error):
        super().__init__(f"{error['message']} {error['data']['hint']}")
        self.kind = error["data"]["kind"]


class Hearth:
    """One connection: a message a line, answers matched by id."""

    def __init__(self):
        path, token = endpoint()
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(path)
        except OSError as error:
            sys.exit(f"daemon offline: run 'hearth daemon start' ({error})")
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\n")
        self._ids = itertools.count(1)
        self._unread = collections.deque()
        self.identity = self.call("system.attach", token=token, client={"name": "client.py", "version": "1"})

    def call(self, method, **params):
        """The result of a method; HearthError when it is refused."""
        request = {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            message = self._read()
            if message.get("id") != request["id"]:
                self._unread.append(message)  # a notification that came before the answer
            elif "error" in message:
                raise HearthError(message["error"])
            else:
                return message["result"]

    def notifications(self):
        """What the daemon sends unasked, as it comes."""
        while True:
            yield self._unread.popleft() if self._unread else self._read()

    def _read(self):
        line = self._lines.readline()
        if not line:
            sys.exit("the daemon closed the connection")
        return json.loads(line)


def main(agent=None):
    hearth = Hearth()
    print("attached as", hearth.identity.get("agent", hearth.identity["role"]))
    for status in hearth.call("agent.list")["agents"]:
        print(status["agent"], status["state"])
    hearth.call("events.subscribe", agents=[agent or "*"])
    request = agent and hearth.call("lifecycle.request", agent=agent, action="cycle", reason="client.py")["request"]
    for notification in hearth.notifications():
        if notification["method"] != "event":
            continue
        event = notification["params"]
        print(event["type"], event["agent"], flush=True)
        if event["type"] == "lifecycle.done" and request and event["data"]["id"] == request["id"]:
            return


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except HearthError as refused:
        sys.exit(f"{refused.kind}: {refused}")
    except KeyboardInterrupt:
        pass
