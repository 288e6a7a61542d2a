"""The demonstration: four stories told on the embedded stack, each step verified by reading back."""

from starters.demo.run import run_demo

__all__ = ["run_demo"]
