"""The agent with functions of this program among its tools: it asks what is left, and orders what is short.

    AXONER_PROVIDER=anthropic ANTHROPIC_API_KEY=… python examples/own_functions.py

Names, docstrings and annotations are what its model is told of them; what they raise goes back to it.
"""

from __future__ import annotations

import axoner
from axoner import Bridge

SHELVES = {"0042": 3, "0007": 120}
ORDERS: list[tuple[str, int]] = []


def stock(sku: str) -> int:
    """How many pieces are left.

    :param sku: with its leading zeros
    """
    if sku not in SHELVES:
        raise axoner.NotFound(f"there is no {sku}; there is {', '.join(SHELVES)}")
    return SHELVES[sku]


def order(sku: str, pieces: int) -> str:
    """Order more of one article, at most 100 pieces at once."""
    if pieces > 100:
        raise axoner.BudgetExceeded("at most 100 pieces at once; order less")
    ORDERS.append((sku, pieces))
    return "ordered"


if __name__ == "__main__":
    with Bridge(root=".") as bridge:
        run = bridge.agent("Fill up to 50 pieces what is short: 0042 and 0007.", tools=[stock, order], max_turns=8)
        for event in run:
            if event.type == "text":
                print(event.text, end="", flush=True)
            elif event.type == "tool_started":
                print(f"→ {event.name} {event.input}")
        result = run.result()
    print(f"\n{ORDERS} after {result.turns} turns and {result.usage['output_tokens']} tokens ({result.exit_reason})")
