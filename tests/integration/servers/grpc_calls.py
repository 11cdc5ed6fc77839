"""Calls the services of OTLP/gRPC at host:port as no exporter does; prints what each call gave, a line each: its name, the status, the text or the refused."""
import sys

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

channel = grpc.insecure_channel(sys.argv[1])


def call(name, function, *args, **options):
    try:
        answer = function(*args, timeout=20, **options)
        print(name, "OK", answer if isinstance(answer, bytes) else str(answer.partial_success).replace("\n", " ").strip())
    except grpc.RpcError as e:
        print(name, e.code().name, e.details())


def spans(*ids):
    request = traces.ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for i in ids:
        scope.spans.add(trace_id=bytes([1] * 16) if i else b"", span_id=bytes([i or 1] * 8), name="x", start_time_unix_nano=5, end_time_unix_nano=7)
    return request


raw = lambda path: channel.unary_unary(path, request_serializer=lambda b: b, response_deserializer=lambda b: b)
SERVICE = "/opentelemetry.proto.collector.metrics.v1.MetricsService/"
export = TraceServiceStub(channel).Export
call("good", export, spans(1))
call("some", export, spans(0, 2))
call("empty", MetricsServiceStub(channel).Export, metrics.ExportMetricsServiceRequest())
call("malformed", raw(SERVICE + "Export"), b"\xff\xff")
call("unknown", raw(SERVICE + "Import"), b"")
call("long", raw(SERVICE + "Export"), bytes(2 << 20))
call("deflate", export, spans(3), compression=grpc.Compression.Deflate)
call("bomb", raw(SERVICE + "Export"), bytes(8 << 20), compression=grpc.Compression.Gzip)
call("last", export, spans(4), compression=grpc.Compression.Gzip)
