"""The demonstration: four stories on the local stack, each step verified by reading back."""

from local_stack.demo.run import run_demo

__all__ = ["run_demo"]
