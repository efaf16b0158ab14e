"""Chat pages as users build them, in headless Chromium, from another origin than the server.

What was seen is kept in `reports/pages/`.
"""

from __future__ import annotations

import os

from tests.clients.browser import chromium
from tests.clients.node import installed, node_test
from tests.serving import ROOT

PICTURES = ROOT / "reports" / ("pages-reference" if os.environ.get("CLIENTS_URL") else "pages")


def test_the_pages_work(server_url: str) -> None:
    folder = installed("page")
    places = {"CHROMIUM": chromium(), "PICTURES": str(PICTURES), "SERVER_URL": server_url}
    assert node_test(folder, "page.test.mjs", 240, **places) == 8
    assert len(list(PICTURES.glob("*.png"))) == 14
