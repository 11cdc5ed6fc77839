/* What protoc made of protobuf/all.proto: all.pb, its descriptors, and all.bin, a message with every type. */
#ifndef TEST_FORMAT_PROTOBUF_ALL_H
#define TEST_FORMAT_PROTOBUF_ALL_H

#include <stdio.h>

#include "format/protobuf.h"
#include "support/failing.h"

/* The bytes of a file, until the next call. */
static inline pl_str all_read(const char *name)
{
  static char bytes[1 << 16];
  char path[512];
  (void)snprintf(path, sizeof path, "%s/c/format/protobuf/%s", TEST_SOURCE_DIR, name);
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  size_t n = fread(bytes, 1, sizeof bytes, f);
  fclose(f);
  return (pl_str){bytes, n};
}

/* A fixture: *state is the schema of all.pb. */
static inline int all_set_up(void **state)
{
  pl_proto_schema *s = pl_proto_schema_new(&pl_alloc_default);
  assert_int_equal(pl_proto_schema_set(s, all_read("all.pb"), NULL), PL_OK);
  *state = s;
  return 0;
}

static inline int all_tear_down(void **state)
{
  pl_proto_schema_free(*state);
  return 0;
}

#endif
