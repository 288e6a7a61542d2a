"""Traces: they are sent to an OTLP collector if one is configured; otherwise nothing is set up."""

from collections.abc import Callable, Sequence

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from temporalio.client import Interceptor
from temporalio.contrib.opentelemetry import TracingInterceptor


def start_tracing(endpoint: str, service: str) -> Callable[[], None]:
    """Send this process's spans to the collector; return the function that flushes and stops this.

    Args:
        endpoint: Base address of an OTLP/HTTP collector, without `/v1/traces`.
        service: Name of this process in the traces.
    """
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    provider.add_span_processor(
        BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces"))
    )
    trace.set_tracer_provider(provider)
    return provider.shutdown


def tracing_interceptors(endpoint: str | None) -> Sequence[Interceptor]:
    """Return the interceptors that trace Temporal calls, workflows and activities; none if no endpoint."""
    return [] if endpoint is None else [TracingInterceptor()]
