"""Sends a counter and a histogram with exemplars of a span by OpenTelemetry's SDK over HTTP or gRPC (otlp_exporters.py) to where is said; prints the ids of the trace and the span."""
import sys

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from otlp_exporters import exporter

provider = MeterProvider(resource=Resource({"service.name": "shop"}), metric_readers=[PeriodicExportingMetricReader(exporter("metric", sys.argv[1]), export_interval_millis=600_000)])
meter = provider.get_meter("sender")
orders = meter.create_counter("orders")
seconds = meter.create_histogram("order.duration", unit="s", explicit_bucket_boundaries_advisory=[0.1, 1])
with TracerProvider().get_tracer("sender").start_as_current_span("checkout") as span:
    orders.add(3, {"side": "left"})
    seconds.record(0.5)
if not provider.force_flush():
    sys.exit("not delivered")
print(f"{span.context.trace_id:032x} {span.context.span_id:016x}")
