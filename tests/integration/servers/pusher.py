"""Pushes metrics by Prometheus' client library, twice, to the address that is given; a label of the group holds slashes."""
import sys

from prometheus_client import CollectorRegistry, Counter, Gauge, push_to_gateway, pushadd_to_gateway

registry = CollectorRegistry()
size = Gauge("backup_bytes", "Of the last backup.", registry=registry)
runs = Counter("backup_runs", "All of them.", registry=registry)
runs.inc()
for push, value in ((push_to_gateway, 7), (pushadd_to_gateway, 9)):
    size.set(value)
    push(sys.argv[1], job="backup", grouping_key={"path": "/var/lib"}, registry=registry)
