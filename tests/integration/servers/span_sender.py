"""Sends a trace of three spans by OpenTelemetry's SDK, as zipkin or otlp over HTTP or gRPC (otlp_exporters.py), to where is said; prints the ids of the trace, its root and the first child."""
import sys

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, SpanKind, Status, StatusCode
from otlp_exporters import exporter


def sender(protocol, where):
    if protocol == "otlp":
        return exporter("trace", where)
    from opentelemetry.exporter.zipkin.json import ZipkinExporter
    return ZipkinExporter(endpoint=where + "/api/v2/spans")


provider = TracerProvider(resource=Resource({"service.name": "shop"}))
provider.add_span_processor(BatchSpanProcessor(sender(sys.argv[1], sys.argv[2])))
tracer = provider.get_tracer("sender")
with tracer.start_as_current_span("checkout", kind=SpanKind.SERVER, attributes={"n": 7}) as root:
    with tracer.start_as_current_span("pay", kind=SpanKind.CLIENT) as child:
        child.add_event("asked", {"bank": "b1"})
        child.set_status(Status(StatusCode.ERROR, "no money"))
    with tracer.start_as_current_span("ship", links=[Link(child.context, {"why": "paid"})]):
        pass
if not provider.force_flush():
    sys.exit("not delivered")
print(f"{root.context.trace_id:032x} {root.context.span_id:016x} {child.context.span_id:016x}")
