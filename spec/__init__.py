"""The contract of the Agent Server API, as data: document, requirements, lifecycle, scripts.

Imports nothing of ours. The mock keeps what stands here; the suite judges by it.
"""

from __future__ import annotations

__version__ = "0.1.0"
