"""The outside world, played: every vendor that a subscription touches, over its real wire format.

For evaluation and tests only. It imports nothing of the product, so that one mistake cannot cancel
itself out, and it has nothing to do with the sandbox in which Temporal loads workflow code.
"""
