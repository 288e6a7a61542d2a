"""Ports on this machine: which are free, and which process holds one that is not."""

import socket
from pathlib import Path
from typing import Final

from config.stack_file import LOOPBACK, Ports

_LISTENING: Final = "0A"


def is_free(port: int) -> bool:
    """Return whether a server of ours could listen on this port of the loopback interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: connections of a former one that are still closing are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> tuple[int, ...]:
    """Return different ports that are free at this moment, chosen by the system."""
    probes = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return tuple(int(probe.getsockname()[1]) for probe in probes)
    finally:
        for probe in probes:
            probe.close()


def free_stack_ports() -> Ports:
    """Return free ports for every part of a local stack."""
    names = list(Ports.model_fields)
    return Ports(**dict(zip(names, free_ports(len(names)), strict=True)))


def holder_of(port: int) -> str | None:
    """Return id and name of the process that listens on the port, or None if it cannot be found.

    Reads `/proc`, so it knows only on Linux, and only processes that this user may look into.
    """
    sockets = {f"socket:[{inode}]" for inode in _inodes_on(port)}
    if not sockets:
        return None
    for process in Path("/proc").glob("[0-9]*"):
        if _holds(process, sockets):
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            return f"process {process.name} ({command[:60]})"
    return None


def _inodes_on(port: int) -> set[str]:
    inodes: set[str] = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text("ascii").splitlines()[1:]:
            columns = line.split()
            if int(columns[1].rpartition(":")[2], 16) == port and columns[3] == _LISTENING:
                inodes.add(columns[9])
    return inodes


def _holds(process: Path, sockets: set[str]) -> bool:
    try:
        return any(str(entry.readlink()) in sockets for entry in (process / "fd").iterdir())
    except OSError:
        # Gone meanwhile, or not ours to look into.
        return False
