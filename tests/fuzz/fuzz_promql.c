/* PromQL: a text is an expression whose types fit, or says where it is none. */
#include "query/promql_tree.h"

#include "fuzz.h"

enum { MEMORY = 256 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  pl_arena arena;
  pl_node *n = NULL;
  pl_error err = {0};
  pl_arena_init(&arena, &pl_alloc_default, MEMORY);
  int code = pl_promql_parse(&arena, (pl_str){(const char *)data, len}, &n, &err);
  if (code == 0) {
    FUZZ_EXPECT(n->type <= PL_VALUE_STRING && n->at < len);
    if (n->kind == PL_NODE_SELECTOR)
      FUZZ_EXPECT(n->selector.n_tests > 0 && n->selector.n_tests <= PL_PROMQL_MATCHERS && (n->type == PL_VALUE_MATRIX) == (n->selector.when.range_ms > 0));
  } else {
    FUZZ_EXPECT(err.code == code && err.message[0]);
  }
  pl_arena_fini(&arena);
  return 0;
}
