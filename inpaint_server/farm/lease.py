"""Who may work on a job: one turn at a time, counted up, granted by the server, and written where all can see it.

    ID/lease.json             the lease: the number of the turn, who holds it, whether it is to stop or is over
    ID/turns/HOLDER/          all that a holder writes; `claim.json` says who it is

Whoever is sent to work makes a name of its own, in which the turn's number is the fencing token, writes its claim
under it, and begins only when the lease names it. Nobody but the server writes the lease, and nobody but the server
looks into the folder of a turn, only into that of the holder. So a worker that was thought dead and is not, or one task
that was started twice, writes where nobody reads. A lock that each write asks for was the other road: between the
question and the write a machine can sleep for minutes.
"""

import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass
from typing import Any

from .shared_files import SharedFiles


@dataclass(frozen=True)
class Lease:
    """The lease of a job. `turn` counts up; `holder` is empty until somebody is granted it; `stop` asks the holder to
    let go, `closed` says that nothing it writes counts any more. `losses` are the turns that were lost one after the
    other while the job stood at `lost_at` steps."""

    turn: int = 0
    holder: str = ""
    stop: bool = False
    closed: bool = True
    losses: int = 0
    lost_at: int = -1


@dataclass(frozen=True)
class Claim:
    """Who wants a turn: its machine, its process, and its address in the farm, if it has one."""

    host: str
    pid: int
    address: str


def read(files: SharedFiles, job_id: str) -> Lease:
    """The lease of a job; that of a turn 0, which is over, if there never was one."""
    try:
        return Lease(**json.loads(files.read(f"{job_id}/lease.json")))
    except FileNotFoundError:
        return Lease()


def write(files: SharedFiles, job_id: str, lease: Lease) -> None:
    """Write the lease of a job; for the server alone."""
    files.write({f"{job_id}/lease.json": json.dumps(asdict(lease)).encode()})


def folder(job_id: str, holder: str) -> str:
    """The key below which a holder writes."""
    return f"{job_id}/turns/{holder}"


def claim(files: SharedFiles, job_id: str, turn: int, address: str) -> str:
    """Want a turn; the name under which."""
    holder = f"{turn:06d}-{secrets.token_hex(6)}"
    mine = Claim(socket.gethostname(), os.getpid(), address)
    files.write({f"{folder(job_id, holder)}/claim.json": json.dumps(asdict(mine)).encode()})
    return holder


def claims(files: SharedFiles, job_id: str, turn: int) -> list[tuple[str, Claim]]:
    """All who want a turn, by their names."""
    found = []
    for key in files.keys(f"{job_id}/turns"):
        holder, _, name = key.removeprefix(f"{job_id}/turns/").partition("/")
        if name == "claim.json" and holder.startswith(f"{turn:06d}-"):
            data: dict[str, Any] = json.loads(files.read(key))
            found.append((holder, Claim(**data)))
    return found


class Held:
    """A worker's view of the lease: whether its turn is still its own, and whether it is to let go."""

    def __init__(self, files: SharedFiles, job_id: str, holder: str) -> None:
        self._files, self._job_id, self.holder = files, job_id, holder
        self.turn = int(holder.partition("-")[0])
        self.lost = self.stop = False

    def look(self) -> bool:
        """Whether the turn has been granted to this holder and is not over; raises OSError if nobody can say."""
        lease = read(self._files, self._job_id)
        mine = lease.holder == self.holder and not lease.closed
        self.stop = self.stop or (mine and lease.stop)
        # a later turn, another holder or the end of this one: it never comes back
        self.lost = self.lost or lease.turn != self.turn or lease.closed or lease.holder not in ("", self.holder)
        return mine

    def stopping(self) -> bool:
        """Whether the work is to let go, as was seen last."""
        return self.stop or self.lost
