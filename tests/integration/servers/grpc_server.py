"""A gRPC server of the shop: grpc_server.py DESCRIPTORS [--reflection v1|v1alpha|none] [--reflection-delay SECONDS] [--cert PEM --key PEM] [--compression Gzip|Deflate]. Prints its port."""
import argparse
import time
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

options = argparse.ArgumentParser()
options.add_argument("descriptors")
options.add_argument("--reflection", default="v1")
options.add_argument("--reflection-delay", type=float, default=0)
options.add_argument("--cert")
options.add_argument("--compression", default="NoCompression")
options.add_argument("--key")
options = options.parse_args()

pool = descriptor_pool.DescriptorPool()
files = descriptor_pb2.FileDescriptorSet.FromString(open(options.descriptors, "rb").read())
for file in files.file:
    pool.Add(file)
factory = message_factory.MessageFactory(pool)


def message(name):
    return factory.GetPrototype(pool.FindMessageTypeByName(name))


Item, Total, Query = message("shop.Item"), message("shop.Total"), message("shop.Query")


def add(item, context):
    metadata = dict(context.invocation_metadata())
    if item.name == "missing":
        context.set_trailing_metadata((("x-hint", "look elsewhere"),))
        context.abort(grpc.StatusCode.NOT_FOUND, "no such item: 100 % tea, \u00e4")
    if item.name == "slow":
        time.sleep(1)
    context.send_initial_metadata((("x-echo", metadata.get("x-user", "")), ("x-bytes-bin", metadata.get("x-bytes-bin", b""))))
    context.set_trailing_metadata((("x-deadline", str(context.time_remaining() is not None and context.time_remaining() < 1e6)),))
    return Total(sum=item.count, echo=item, user=metadata.get("x-user", ""))


def add_all(items, context):
    return Total(sum=sum(item.count for item in items))


def list_items(query, context):
    for i in range(query.n):
        yield Item(name="item", count=i, tags=["x" * (i % 100)])
    if query.n == 13:
        context.abort(grpc.StatusCode.DATA_LOSS, "thirteen")


def chat(items, context):
    for item in items:
        if item.name == "bye":
            return
        yield Item(name="echo " + item.name, count=item.count + 1)


def reflection(version):
    request, response = (message("grpc.reflection.%s.ServerReflection%s" % (version, end)) for end in ("Request", "Response"))

    def info(requests, context):
        for r in requests:
            time.sleep(options.reflection_delay)
            answer = response(original_request=r)
            try:
                file = pool.FindFileByName(r.file_by_filename) if r.file_by_filename else pool.FindFileContainingSymbol(r.file_containing_symbol)
                answer.file_descriptor_response.file_descriptor_proto.append(file.serialized_pb)  # without what it imports
            except KeyError:
                answer.error_response.error_code = 5
                answer.error_response.error_message = "unknown: " + r.file_containing_symbol
            yield answer

    handler = grpc.stream_stream_rpc_method_handler(info, request.FromString, response.SerializeToString)
    return grpc.method_handlers_generic_handler("grpc.reflection.%s.ServerReflection" % version, {"ServerReflectionInfo": handler})


handlers = {
    "Add": grpc.unary_unary_rpc_method_handler(add, Item.FromString, Total.SerializeToString),
    "AddAll": grpc.stream_unary_rpc_method_handler(add_all, Item.FromString, Total.SerializeToString),
    "List": grpc.unary_stream_rpc_method_handler(list_items, Query.FromString, Item.SerializeToString),
    "Chat": grpc.stream_stream_rpc_method_handler(chat, Item.FromString, Item.SerializeToString),
}
server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), compression=getattr(grpc.Compression, options.compression))
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("shop.Cart", handlers),))
if options.reflection != "none":
    server.add_generic_rpc_handlers((reflection(options.reflection),))
if options.cert:
    pair = (open(options.key, "rb").read(), open(options.cert, "rb").read())
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([pair]))
else:
    port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
server.wait_for_termination()
