"""Sends a log record of a span, and one of none, by OpenTelemetry's SDK over HTTP or gRPC (otlp_exporters.py) to where is said; prints the ids of the trace and the span."""
import logging
import sys

from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from otlp_exporters import exporter

provider = LoggerProvider(resource=Resource({"service.name": "shop"}))
provider.add_log_record_processor(BatchLogRecordProcessor(exporter("log", sys.argv[1])))
log = logging.getLogger("sender")
log.addHandler(LoggingHandler(logger_provider=provider))
with TracerProvider().get_tracer("sender").start_as_current_span("checkout") as span:
    log.error("no money", extra={"order": 7})
log.warning("bye")
if not provider.force_flush():
    sys.exit("not delivered")
print(f"{span.context.trace_id:032x} {span.context.span_id:016x}")
