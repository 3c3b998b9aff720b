"""The last steps of a child before it becomes a server: give up root, be tied to us. Run, never imported."""

import ctypes
import os
import pwd
import sys

CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522
PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2


def main() -> None:
    """Become the command after our parent's id, the signal for its death, and a user or nothing."""
    parent, death_signal, user, *command = sys.argv[1:]
    linux = ctypes.CDLL(None) if sys.platform == "linux" else None
    if user:
        give_up_root(pwd.getpwnam(user), linux)
    if linux:
        # After the user has changed, for then the kernel forgets it.
        linux.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
    if os.getppid() == int(parent):  # else it died before we were tied to it
        os.execv(command[0], command)  # noqa: S606  # the command is our parent's own


def give_up_root(account: pwd.struct_passwd, linux: ctypes.CDLL | None) -> None:
    """Become the account, on Linux with the one capability to pass folders that are closed to it."""
    if linux:
        linux.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)
    if linux:
        bit = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)  # effective, permitted, inheritable; high halves
        linux.capset(header, sets)
        linux.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


main()
