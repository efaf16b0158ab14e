"""Chat pages as users build them, in headless Chromium, from another origin than the server.

What was seen is kept in `reports/pages/`.
"""

from __future__ import annotations

import os

import pytest

from tests.clients.browser import chromium
from tests.clients.node import installed, node_test
from tests.serving import ROOT

PICTURES = ROOT / "reports" / ("pages-reference" if os.environ.get("CLIENTS_URL") else "pages")


# A page, its tests and its pictures: the client's own hook, assistant-ui, the hook of protocol v2.
@pytest.mark.parametrize(
    ("page", "tests", "pictures"), [("hook", 5, 8), ("assistant", 3, 6), ("v2", 6, 9)]
)
def test_a_page_works(page: str, tests: int, pictures: int, server_url: str) -> None:
    folder = installed("page")
    places = {"CHROMIUM": chromium(), "PICTURES": str(PICTURES), "SERVER_URL": server_url}
    assert node_test(folder, "page.test.mjs", 240, PAGE=page, **places) == tests
    assert len(list(PICTURES.glob(f"{page}-*.png"))) == pictures
