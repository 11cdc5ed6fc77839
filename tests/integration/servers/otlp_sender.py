"""Sends metrics by OpenTelemetry's SDK, twice, over HTTP or gRPC (otlp_exporters.py) to where is said: deltas, gzip, an exponential histogram at scale 0."""
import sys

from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from otlp_exporters import exporter

delta = {Counter: AggregationTemporality.DELTA, Histogram: AggregationTemporality.DELTA}
sender = exporter("metric", sys.argv[1], preferred_temporality=delta)
provider = MeterProvider(
    resource=Resource({"service.name": "sdk"}),
    metric_readers=[PeriodicExportingMetricReader(sender, export_interval_millis=600_000)],
    views=[View(instrument_name="exponential", aggregation=ExponentialBucketHistogramAggregation(max_scale=0))],
)
meter = provider.get_meter("sender")
turns = meter.create_counter("turns", unit="1")
histogram = meter.create_histogram("exponential", unit="s")
for _ in range(2):
    turns.add(3, {"side": "left"})
    histogram.record(3)
    histogram.record(5)
    if not provider.force_flush():
        sys.exit("not delivered")
