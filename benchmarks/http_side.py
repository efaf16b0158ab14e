"""The mock's HTTP side alone: its application, with a handler that streams as the yardstick does.

`python -m benchmarks.http_side` serves it on a free port and prints the listening line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.raw import played
from mockserver.engine import Engine
from mockserver.http.app import application
from mockserver.http.call import Call, Streamed
from mockserver.http.server import bind, serve
from mockserver.settings import Settings
from spec.document import document

if TYPE_CHECKING:
    from mockserver.http.call import Handler


async def stream_run(call: Call) -> Streamed:
    """The yardstick's events."""
    return Streamed(played(call.body["input"]["script"]), "text/event-stream")


HANDLERS: dict[str, Handler] = {"stream_run": stream_run}

if __name__ == "__main__":
    engine = Engine(Settings())
    serve(application(engine, document(), HANDLERS), engine, bind("127.0.0.1", 0))
