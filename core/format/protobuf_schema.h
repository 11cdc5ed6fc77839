/* What descriptors say, for the codec. Private to protobuf_schema.c and protobuf.c. */
#ifndef PL_FORMAT_PROTOBUF_SCHEMA_H
#define PL_FORMAT_PROTOBUF_SCHEMA_H

#include "format/protobuf.h"

/* FieldDescriptorProto.Type. */
enum pl_proto_type {
  PL_PROTO_DOUBLE = 1, PL_PROTO_FLOAT, PL_PROTO_INT64, PL_PROTO_UINT64, PL_PROTO_INT32, PL_PROTO_FIXED64, PL_PROTO_FIXED32,
  PL_PROTO_BOOL, PL_PROTO_STRING, PL_PROTO_GROUP, PL_PROTO_MESSAGE, PL_PROTO_BYTES, PL_PROTO_UINT32, PL_PROTO_ENUM,
  PL_PROTO_SFIXED32, PL_PROTO_SFIXED64, PL_PROTO_SINT32, PL_PROTO_SINT64
};

typedef struct pl_proto_field {
  uint32_t number;
  enum pl_proto_type type;
  pl_str name;
  pl_str type_name; /* of a message or enum, its full name */
  bool repeated, packed;
  bool present;     /* it may be missing: a message, a member of a oneof, optional */
  uint64_t oneof;   /* 1 + the number of its oneof in the message; 0: it is in none */
} pl_proto_field;

struct pl_proto_message {
  pl_str name;
  pl_proto_field *fields;
  size_t n_fields;
  bool map_entry;
  struct pl_proto_message *next;
};

typedef struct pl_proto_enum {
  pl_str name;
  struct pl_proto_value {
    pl_str name;
    int32_t number;
  } *values;
  size_t n_values;
  struct pl_proto_enum *next;
} pl_proto_enum;

/* NULL: there is none. */
const pl_proto_enum *pl_proto_find_enum(const pl_proto_schema *s, pl_str name);

#endif
