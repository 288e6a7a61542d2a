"""The simulated outside world: every vendor that a subscription uses, over its real wire format.

For evaluation and tests only. It imports nothing of the product, so that the same mistake cannot be on
both sides and stay hidden. It is unrelated to the sandbox in which Temporal runs workflow code.
"""
