"""Drives the target and records what it saw; every request is bounded in time."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx
import orjson

from conformance.errors import StoppedError
from conformance.live import LiveStream
from conformance.onward import field_of, id_of
from conformance.recording import NO_JSON, Exchange, Recording
from spec.document import operations
from spec.lifecycle import lifecycle

if TYPE_CHECKING:
    from conformance.target import Target

Json = Any
Query = Mapping[str, Any] | list[tuple[str, Any]]


def path_of(operation: str, values: Mapping[str, str]) -> tuple[str, str]:
    """Method and path of an operation with its path parameters filled in."""
    found = operations()[operation]
    path = found.path
    for name, value in values.items():
        path = path.replace("{" + name + "}", value)
    return found.method.upper(), path


class Driver:
    """What a scenario drives the target with.

    A helper returns what the next step needs and raises StoppedError where the answer lacks it;
    `call` and `stream` return the exchange, whatever came. `note` keeps a value for the checks.
    With `shared` other drivers send on the client's connections too, and may meet a 5xx there.
    """

    def __init__(
        self, target: Target, client: httpx.AsyncClient, scenario: str, *, shared: bool = False
    ) -> None:
        self.target = target
        self.pace = target.pace
        self.scenario = scenario
        self.tag = f"{scenario}-{uuid.uuid4().hex[:12]}"
        self._client = client
        self._began = time.monotonic()
        self._exchanges: list[Exchange] = []
        self._notes: dict[str, Any] = {}
        self._threads: list[str] = []
        self._assistants: list[str] = []
        self._after_failure = shared
        self._second = False

    def second(self, client: httpx.AsyncClient) -> Driver:
        """The same for the second user, its recording shared; the client is theirs."""
        twin = copy.copy(self)
        twin._client, twin._second = client, True
        return twin

    # --- the recording

    def now(self) -> float:
        """Seconds since the recording began."""
        return time.monotonic() - self._began

    def note(self, **values: Any) -> None:
        """Keeps values for the checks."""
        self._notes.update(values)

    def record(self, exchange: Exchange) -> None:
        """Adds an exchange."""
        self._exchanges.append(replace(exchange, second=True) if self._second else exchange)

    def recording(self, stopped: str | None = None, fault: str | None = None) -> Recording:
        """What was seen so far, in order of the requests."""
        return Recording(
            scenario=self.scenario,
            exchanges=tuple(sorted(self._exchanges, key=lambda exchange: exchange.started)),
            notes=MappingProxyType(dict(self._notes)),
            stopped=stopped,
            fault=fault,
            duration=self.now(),
        )

    # --- single requests

    async def call(
        self,
        operation: str,
        body: Json = NO_JSON,
        *,
        label: str = "",
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        patience: float | None = None,
        **path: str,
    ) -> Exchange:
        """One operation of the document, its answer read to the end.

        `body` is sent as JSON, `content` as it stands. Past `patience` seconds it is given up, and
        the exchange carries `error` in place of a status.
        """
        method, where = path_of(operation, path)
        return await self.raw(
            method,
            where,
            body,
            operation=operation,
            label=label,
            query=query,
            headers=headers,
            content=content,
            patience=patience,
        )

    async def raw(
        self,
        method: str,
        path: str,
        body: Json = NO_JSON,
        *,
        operation: str | None = None,
        label: str = "",
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        patience: float | None = None,
    ) -> Exchange:
        """Any request, also outside the document, its answer read to the end."""
        async with self.open(
            method,
            path,
            body,
            operation=operation,
            label=label,
            query=query,
            headers=headers,
            content=content,
        ) as live:
            await live.finish(patience if patience is not None else self.pace.patience)
        return live.exchange

    @contextlib.asynccontextmanager
    async def open(
        self,
        method: str,
        path: str,
        body: Json = NO_JSON,
        *,
        operation: str | None = None,
        label: str = "",
        query: Query | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> AsyncIterator[LiveStream]:
        """A request whose answer is watched as it comes; at the block's end the client leaves."""
        if body is not NO_JSON:
            content = orjson.dumps(body)
        request = self._client.build_request(
            method,
            path,
            params=httpx.QueryParams(query) if query else None,
            headers={
                **({"content-type": "application/json"} if content else {}),
                **(headers or {}),
            },
            content=content,
        )
        live = LiveStream(
            self._client, request, self.now, operation, label, again=self._after_failure
        )
        live.start()
        try:
            yield live
        finally:
            await live.leave()
            self._after_failure |= live.status is not None and live.status >= 500
            self.record(live.exchange)

    def opened(
        self, operation: str, body: Json = NO_JSON, **options: Any
    ) -> contextlib.AbstractAsyncContextManager[LiveStream]:
        """`open` for an operation of the document; path parameters are keywords."""
        known = {"label", "query", "headers", "content"}
        method, where = path_of(operation, {k: v for k, v in options.items() if k not in known})
        rest = {name: value for name, value in options.items() if name in known}
        return self.open(method, where, body, operation=operation, **rest)

    # --- threads

    async def thread(self, label: str = "", **body: Json) -> str:
        """Creates a thread and returns its id."""
        body.setdefault("metadata", {"runcontract": self.tag})
        exchange = await self.call("create_thread", body, label=label)
        found = id_of(exchange, "thread_id")
        self.keep(found)
        return found

    def keep(self, thread_id: str) -> None:
        """Remembers a thread that has to be removed when the scenario is over."""
        self._threads.append(thread_id)

    def keep_assistant(self, assistant_id: str) -> None:
        """Remembers an assistant that has to be removed when the scenario is over."""
        self._assistants.append(assistant_id)

    # --- runs

    def body(self, script: Sequence[Json] | None = None, **fields: Json) -> dict[str, Json]:
        """A run's creation body: the script for the probe, or a plain message for any assistant."""
        fields.setdefault("assistant_id", self.target.assistant_id)
        if "input" not in fields and "command" not in fields:
            fields["input"] = self.input(script)
        return fields

    def input(self, script: Sequence[Json] | None = None) -> dict[str, Json]:
        """An input that every target can take; with the probe it is the script."""
        if script is not None:
            return {"script": list(script)}
        message = {"type": "human", "content": "hello", "id": f"human-{uuid.uuid4().hex[:8]}"}
        return {"messages": [message], **({"script": []} if self.target.has_probe else {})}

    async def create(
        self,
        thread_id: str,
        script: Sequence[Json] | None = None,
        *,
        label: str = "",
        **fields: Json,
    ) -> str:
        """Creates a background run on a thread and returns its id."""
        exchange = await self.call(
            "create_run", self.body(script, **fields), thread_id=thread_id, label=label
        )
        return id_of(exchange, "run_id")

    async def wait(
        self,
        thread_id: str,
        script: Sequence[Json] | None = None,
        *,
        label: str = "",
        **fields: Json,
    ) -> Exchange:
        """Creates a run on a thread and waits for its values."""
        return await self.call(
            "wait_run", self.body(script, **fields), thread_id=thread_id, label=label
        )

    async def stream(
        self,
        thread_id: str,
        script: Sequence[Json] | None = None,
        *,
        label: str = "",
        **fields: Json,
    ) -> Exchange:
        """Creates a run on a thread and reads its stream to the end."""
        return await self.call(
            "stream_run", self.body(script, **fields), thread_id=thread_id, label=label
        )

    async def until(
        self, thread_id: str, run_id: str, *statuses: str, patience: float | None = None
    ) -> str:
        """Polls a run until it shows one of the statuses, and returns which.

        Raises StoppedError where it shows a terminal status that was not asked for, is gone, or
        does not get there in time.
        """
        terminal = lifecycle().run_terminal
        deadline = self.now() + (patience if patience is not None else self.pace.patience)
        interval = self.pace.poll / 2
        while True:
            seen = await self.call("get_run", thread_id=thread_id, run_id=run_id)
            status = field_of(seen, "status")
            if status in statuses:
                return str(status)
            if status in terminal:
                raise StoppedError(f"a run was {status}, awaited was {' or '.join(statuses)}")
            if self.now() > deadline:
                raise StoppedError(f"a run stayed {status}, awaited was {' or '.join(statuses)}")
            await asyncio.sleep(interval)
            interval = min(self.pace.poll * 2, interval * 1.5)

    async def settle(self, thread_id: str, run_id: str, *, label: str = "") -> Exchange:
        """Polls a run until it is terminal; returns the answer that showed it, under the label."""
        await self.until(thread_id, run_id, *lifecycle().run_terminal)
        return await self.call("get_run", thread_id=thread_id, run_id=run_id, label=label)

    async def thread_until(self, thread_id: str, *statuses: str, label: str = "") -> Exchange:
        """Polls a thread until it shows one of the statuses; the last answer, whatever it shows."""
        deadline = self.now() + self.pace.patience / 2
        while True:
            seen = await self.call("get_thread", thread_id=thread_id)
            if field_of(seen, "status") in statuses or self.now() > deadline:
                return await self.call("get_thread", thread_id=thread_id, label=label)
            await asyncio.sleep(self.pace.poll)

    # --- the end

    async def clean(self) -> None:
        """Removes what the scenario left, unrecorded; what cannot be removed stays."""

        async def remove(operation: str, **path: str) -> None:
            method, where = path_of(operation, path)
            for _ in range(2):  # a connection may turn out to be dead
                with contextlib.suppress(httpx.HTTPError):
                    await self._client.request(method, where, timeout=self.pace.patience)
                    break

        await asyncio.gather(
            *(remove("delete_thread", thread_id=found) for found in dict.fromkeys(self._threads)),
            *(remove("delete_assistant", assistant_id=found) for found in self._assistants),
        )
