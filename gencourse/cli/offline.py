"""Run a command without a network, on Linux systems that allow it: a network namespace with only loopback up.

`command_offline(command)` gives the command to start; inside the namespace this module is run as a script first,
to bring the loopback interface up (it starts down), and then becomes the command.
"""

import os
import shutil
import subprocess
import sys

WAYS = (("--net",), ("--net", "--map-root-user"))  # with root's rights; with an unprivileged user namespace


def wrap(command, way):
    return ["unshare", *way, "--", sys.executable, "-m", "gencourse.cli.offline", *command]


def command_offline(command):
    """`command` so that it runs without a network, where the system allows that.

    Returns: (the command to start, whether it is without a network, why not or how in words).
    """
    if not sys.platform.startswith("linux"):
        return list(command), False, "network namespaces are Linux's"
    if shutil.which("unshare") is None:
        return list(command), False, "the program unshare is not installed"
    for way in WAYS:
        probe = subprocess.run(wrap(["true"], way), capture_output=True, text=True, check=False)
        if probe.returncode == 0:
            return wrap(command, way), True, "a network namespace with loopback only"
    reason = (probe.stderr.strip().splitlines() or ["no reason given"])[-1]
    return list(command), False, f"this system does not allow a network namespace ({reason})"


def raise_loopback():
    """Bring the interface `lo` up, as `ip link set lo up` does, without needing that program."""
    import fcntl
    import socket
    import struct

    get_flags, set_flags, up = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(channel, get_flags, request))[1]
        fcntl.ioctl(channel, set_flags, struct.pack("16sh14x", b"lo", flags | up))


if __name__ == "__main__":
    raise_loopback()
    os.execvp(sys.argv[1], sys.argv[1:])
