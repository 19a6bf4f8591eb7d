"""How fast this machine is while a benchmark runs: machines differ, and one differs from hour to hour."""

import time

ADDITIONS = 20_000_000


def speed() -> str:
    """A sentence to put beside times: how long a loop in Python takes. Times of two machines are about as these."""
    before = time.process_time()
    total = 0
    for number in range(ADDITIONS):
        total += number
    took = time.process_time() - before
    numbers = f"{ADDITIONS // 10**6} million numbers"
    return f"Meanwhile this machine needed {took:.1f} s of processor time to add {numbers} in a loop."
