"""What the framework tests share."""

from __future__ import annotations

import json
from typing import Any

SELECT = [
    {"name": "supplier_id", "css": ".supplier-id"},
    {"name": "lead_days", "css": ".lead-days"},
    {"name": "rating", "css": ".rating"},
]


def as_call(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """A tool call as LangChain's agents hand it to a tool."""
    return {"type": "tool_call", "id": "call_1", "name": name, "args": arguments}


def result_of(message: Any) -> dict[str, Any]:
    """The result in a LangChain tool message, read as a model reads it."""
    assert message.status == "success", message.content
    content = message.content
    return json.loads(content if isinstance(content, str) else "".join(block["text"] for block in content))
