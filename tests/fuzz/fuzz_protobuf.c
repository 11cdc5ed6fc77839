/* Descriptors and messages of Protocol Buffers: a message's name, NUL, two bytes of length, so many bytes of descriptors, and the rest is
 * the message. What was read is written, and read again. */
#include "format/protobuf.h"

#include "fuzz.h"

enum { VALUES = 1 << 22, BYTES = 1 << 22 };

static void go_round(const pl_proto_schema *s, const pl_proto_message *m, pl_str bytes)
{
  pl_arena arena;
  pl_tree tree;
  pl_buf out;
  pl_arena_init(&arena, &pl_alloc_default, VALUES);
  pl_buf_init(&out, &pl_alloc_default, BYTES);
  if (!pl_proto_decode(s, m, bytes, &arena, &tree) && !pl_proto_encode(s, m, &tree, &out, NULL)) {
    pl_arena_reset(&arena);
    int code = pl_proto_decode(s, m, (pl_str){out.data ? out.data : "", out.len}, &arena, &tree);
    FUZZ_EXPECT(code == 0 || code == PL_ENOMEM);
  }
  pl_arena_fini(&arena);
  pl_buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_input in = {data, len};
  pl_str name = fuzz_word(&in);
  size_t n = (size_t)fuzz_byte(&in) << 8;
  n |= fuzz_byte(&in);
  pl_str rest = fuzz_rest(&in);
  n = n < rest.len ? n : rest.len;
  pl_proto_schema *s = pl_proto_schema_new(&pl_alloc_default);
  FUZZ_EXPECT(s);
  if (rest.data && !pl_proto_schema_set(s, (pl_str){rest.data, n}, NULL)) {
    const pl_proto_message *m = pl_proto_find_message(s, name);
    (void)pl_proto_schema_missing(s);
    (void)pl_proto_find_method(s, name);
    if (m)
      go_round(s, m, (pl_str){rest.data + n, rest.len - n});
  }
  pl_proto_schema_free(s);
  return 0;
}
