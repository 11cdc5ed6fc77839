/* Protocol Buffers without generated code: descriptors (FileDescriptorProto) to a schema, and messages by that schema to trees and
 * back. Wire format and descriptors: protobuf.dev/programming-guides/encoding, google/protobuf/descriptor.proto. Pure; one thread. */
#ifndef PL_FORMAT_PROTOBUF_H
#define PL_FORMAT_PROTOBUF_H

#include "base/buf.h"
#include "base/tree.h"

enum { PL_PROTO_DEPTH_MAX = 64, PL_PROTO_SCHEMA_MAX = 64 << 20 }; /* messages in messages; bytes of a schema */

typedef struct pl_proto_schema pl_proto_schema;
typedef struct pl_proto_message pl_proto_message;

/* A method of a service. */
typedef struct pl_proto_method {
  pl_str path;                 /* "shop.Cart/Add" */
  pl_str input, output;        /* full names of messages */
  bool client_streams, server_streams;
} pl_proto_method;

/* NULL: no memory. */
pl_proto_schema *pl_proto_schema_new(const pl_allocator *a);
/* Frees the messages and methods that were found in it, too. */
void pl_proto_schema_free(pl_proto_schema *s);

/* Adds one file, or the files of a FileDescriptorSet; a file of a name that is there already is passed over. Errors: PL_EPROTO
 * (no descriptor), PL_ELIMIT, PL_ENOMEM. */
int pl_proto_schema_file(pl_proto_schema *s, pl_str descriptor, pl_error *err) PL_MUSTCHECK;
int pl_proto_schema_set(pl_proto_schema *s, pl_str set, pl_error *err) PL_MUSTCHECK;

/* A file that another one imports and that is not there; data NULL: none. */
pl_str pl_proto_schema_missing(const pl_proto_schema *s);

/* By "package.Service/Method", with or without '/' in front. The schema's. NULL: there is none. */
const pl_proto_method *pl_proto_find_method(const pl_proto_schema *s, pl_str path);
/* By its full name, "package.Outer.Inner". The schema's. NULL: there is none. */
const pl_proto_message *pl_proto_find_message(const pl_proto_schema *s, pl_str name);

/* Appends the message that a tree says: a map of field names; enums by name or number, bytes and strings as texts, 64-bit integers also
 * as decimal texts, map fields as maps, or as lists where the keys are 1, 2 and so on; of a oneof one. Errors: PL_EINVAL (says which field),
 * PL_ENOMEM, PL_ELIMIT. */
int pl_proto_encode(const pl_proto_schema *s, const pl_proto_message *m, const pl_tree *v, pl_buf *out, pl_error *err) PL_MUSTCHECK;

/* The tree of a message: fields that are not there have their default, but for messages, members of a oneof and those that are
 * `optional`. Texts are pieces of bytes. Numbers above 2^63 - 1 of unsigned fields become negative. Errors: PL_EPROTO, PL_ENOMEM. */
int pl_proto_decode(const pl_proto_schema *s, const pl_proto_message *m, pl_str bytes, pl_arena *arena, pl_tree *out) PL_MUSTCHECK;

#endif
