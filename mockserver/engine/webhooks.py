"""Webhooks: the end of a run told to a URL. Never in the way of a run."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson

from mockserver.engine.errors import InvalidError

if TYPE_CHECKING:
    import httpx

    from mockserver.engine.clock import Clock

log = logging.getLogger("runcontract.mock")

_WAITS = (1.5, 2.5)  # seconds before the second and the third attempt
_TIMEOUT_SECONDS = 30.0
_MAX_LENGTH = 4096
_METADATA_SERVICE = ipaddress.ip_network("169.254.0.0/16")  # a cloud machine's own secrets


def check_target(url: str, *, loopback: bool = True) -> None:
    """Raise InvalidError for a URL that no webhook may have.

    Loopback is allowed where nobody says otherwise: a mock's users receive their webhooks on their
    own machine. Servers refuse it, which `loopback=False` shows.
    """
    if len(url) > _MAX_LENGTH:
        raise InvalidError(f"webhook is longer than {_MAX_LENGTH} characters")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise InvalidError(f"webhook {url!r} is not a URL: {error}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise InvalidError(f"webhook {url!r} must be an absolute http or https URL with a host")
    address = _address(host)
    if address is not None and address in _METADATA_SERVICE:
        raise InvalidError(f"webhook {url!r} points at a link-local address")
    if not loopback and (_is_localhost(host) if address is None else _is_here(address)):
        raise InvalidError(f"webhook {url!r} points at this machine: this server was told not to")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_here(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    meant = getattr(address, "ipv4_mapped", None) or address
    return bool(meant.is_loopback or meant.is_unspecified)


def _is_localhost(host: str) -> bool:
    return host.lower().rstrip(".").split(".")[-1] == "localhost"


class Webhooks:
    """Sends webhooks in the background, each up to three times."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._client: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, url: str, payload: dict[str, Any]) -> None:
        """Send it soon. The outcome touches nothing."""
        task = asyncio.get_running_loop().create_task(self._deliver(url, payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, url: str, payload: dict[str, Any]) -> None:
        import httpx  # only a server that sends webhooks pays for the import

        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=_TIMEOUT_SECONDS, follow_redirects=True, max_redirects=5
            )
        for wait in (*_WAITS, None):
            payload["webhook_sent_at"] = self._clock.timestamp()
            try:
                answer = await self._client.post(
                    url,
                    content=orjson.dumps(payload),
                    headers={"content-type": "application/json"},
                )
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                problem = f"{type(error).__name__}: {error}"
                final = isinstance(error, httpx.InvalidURL | httpx.TooManyRedirects | ValueError)
            else:
                if answer.is_success:
                    return
                problem = f"status {answer.status_code}"
                final = answer.status_code < 500 and answer.status_code != 429
            if final or wait is None:
                log.warning("webhook of run %s to %s: %s", payload["run_id"], url, problem)
                return
            await self._clock.sleep(wait)

    async def stop(self) -> None:
        """Give up what is not delivered yet."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None
