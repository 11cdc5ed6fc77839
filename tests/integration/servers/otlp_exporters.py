"""Exporters of OpenTelemetry's SDK, gzip: over HTTP to a URL, over gRPC to host:port."""


def exporter(signal, where, **options):
    """signal: metric, trace or log."""
    kind = {"metric": "OTLPMetricExporter", "trace": "OTLPSpanExporter", "log": "OTLPLogExporter"}[signal]
    module = {"metric": "metric_exporter", "trace": "trace_exporter", "log": "_log_exporter"}[signal]
    if where.startswith("http"):
        from opentelemetry.exporter.otlp.proto.http import Compression
        found = __import__("opentelemetry.exporter.otlp.proto.http." + module, fromlist=[kind])
        return getattr(found, kind)(endpoint=f"{where}/v1/{signal}s", compression=Compression.Gzip, **options)
    from grpc import Compression
    found = __import__("opentelemetry.exporter.otlp.proto.grpc." + module, fromlist=[kind])
    return getattr(found, kind)(endpoint=where, insecure=True, compression=Compression.Gzip, **options)
