"""Run the simulated outside world: `python -m sandbox --help`."""

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from sandbox.app import build_app
from sandbox.faults import LostResponseError
from sandbox.journal import Journal
from sandbox.store import Store
from sandbox.world import World, WorldSettings


def _is_worth_logging(record: logging.LogRecord) -> bool:
    # A connection that was dropped on purpose is not an error of the sandbox.
    return not (record.exc_info and isinstance(record.exc_info[1], LostResponseError))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--smtp-port", type=int, default=8025)
    parser.add_argument("--state", type=Path, help="SQLite file; without it nothing is stored")
    parser.add_argument("--webhook-url", help="where Stripe's events are delivered")
    parser.add_argument(
        "--webhook-events", default="*", help="types to deliver, separated by commas"
    )
    parser.add_argument("--webhook-secret", default=WorldSettings().webhook_secret)
    parser.add_argument("--entitlements-key", help="bearer key of the entitlement service")
    parser.add_argument("--erp-event-url", help="where Workday's events are delivered")
    parser.add_argument("--erp-event-secret", default=WorldSettings().erp_event_secret)
    parser.add_argument("--crm-event-url", help="where Salesforce's events are delivered")
    parser.add_argument("--crm-event-secret", default=WorldSettings().crm_event_secret)
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT and return 0 after a clean shutdown."""
    arguments = _arguments(argv)
    store = Store(arguments.state)
    settings = WorldSettings(
        base_url=f"http://{arguments.host}:{arguments.port}",
        webhook_url=arguments.webhook_url,
        webhook_events=frozenset(arguments.webhook_events.split(",")),
        webhook_secret=arguments.webhook_secret,
        smtp_host=arguments.host,
        smtp_port=arguments.smtp_port,
        entitlements_key=arguments.entitlements_key,
        erp_event_url=arguments.erp_event_url,
        erp_event_secret=arguments.erp_event_secret,
        crm_event_url=arguments.crm_event_url,
        crm_event_secret=arguments.crm_event_secret,
    )
    world = World(store=store, journal=Journal(store), settings=settings)
    logging.getLogger("uvicorn.error").addFilter(_is_worth_logging)
    config = uvicorn.Config(
        build_app(world),
        host=arguments.host,
        port=arguments.port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    # uvicorn shuts down cleanly on these signals and then raises them again, when this changes nothing
    # more. One that comes before uvicorn listens must not be lost.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
