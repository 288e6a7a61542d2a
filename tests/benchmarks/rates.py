"""How many grants the played entitlement service takes a second, so that nobody mistakes it for a limit of ours."""

from local_stack import programs
from tests.benchmarks.child import output_of
from tests.benchmarks.puts import BARE
from tests.benchmarks.report import Measurement
from tests.benchmarks.stage import Stage


async def measure(stage: Stage, *, count: int) -> Measurement:
    """Start the sandbox and put grants from a client process; the floor is its health page."""
    stack = stage.stack
    await stage.supervisor.start(programs.sandbox(stack))
    url, module = f"http://{programs.LOOPBACK}:{stack.ports.sandbox}", "tests.benchmarks.puts"
    bare = await output_of(module, url, BARE, str(count), environment={})
    key = stack.secrets.entitlements_key
    ours = await output_of(module, url, key, str(count), environment={})
    return Measurement(
        what="sandbox: grants put over HTTP",
        ours=float(ours),
        floor=float(bare),
        unit="requests/s",
        note="one client process; floor: reading /health",
    )
