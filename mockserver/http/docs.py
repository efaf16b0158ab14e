"""The document for people: a page at /docs with a vendored UI, which reads /openapi.json."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.http.errors import HttpError
from mockserver.http.writing import content_type, send_bytes

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

PATH = "/docs/assets/{name}"

_FOLDER = Path(__file__).parent / "docs_ui"
_TYPES = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
}

PAGE = b"""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Agent Server API: the contract</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="docs/assets/swagger-ui.css">
</head>
<body>
  <div id="ui"></div>
  <script src="docs/assets/swagger-ui-bundle.js"></script>
  <script>
    SwaggerUIBundle({
      url: "openapi.json", dom_id: "#ui", deepLinking: true, validatorUrl: null,
      docExpansion: "list", defaultModelsExpandDepth: 0, tryItOutEnabled: true,
      // the document's dialect is the default one's base, all the page needs: no warning of it
      plugins: [() => ({ wrapComponents: { JsonSchemaDialect: () => () => null } })]
    });
  </script>
</body>
</html>
"""


class Assets:
    """The ASGI application of the UI's files. Each is read when a browser first asks for it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Send the file the path names. Raises HttpError 404."""
        name = scope["path"].rpartition("/")[2]
        if name not in _TYPES:
            raise HttpError(404, f"There is no such file: {name}")
        kind = content_type(_TYPES[name])
        await send_bytes(scope, send, 200, _read(name), (("cache-control", "max-age=3600"),), kind)


@functools.cache
def _read(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()
