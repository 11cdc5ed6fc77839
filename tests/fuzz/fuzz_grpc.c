/* gRPC with a hostile server: the first byte picks what is called, the second how the bytes are cut, the rest is what the server says,
 * to the questions of reflection first. */
#include "load/protocol.h"

#include "fuzz.h"

enum { BUFFER_MAX = 1 << 22, VALUES = 1 << 22 };

extern const pl_protocol pl_module_entry;

typedef struct talk {
  void *state;
  pl_arena arena;
  pl_buf sent;
  size_t piece;
} talk;

/* Says what the server says until the operation is done. False: the connection is broken, or there are no bytes left. */
static bool listen_to(talk *t, fuzz_input *in)
{
  const char *why = NULL;
  char bytes[256];
  for (size_t n = 0;; n = in->len < t->piece ? in->len : t->piece) {
    size_t used = 0;
    if (n)
      memcpy(bytes, in->data, n);
    in->data += n;
    in->len -= n;
    int code = pl_module_entry.receive(t->state, bytes, n, &used, &t->sent, &why);
    FUZZ_EXPECT(used == n && (code >= 0 || why));
    pl_buf_clear(&t->sent);
    if (code != PL_PROTOCOL_MORE || !in->len)
      return code == PL_PROTOCOL_DONE;
  }
}

static bool operate(talk *t, fuzz_input *in, const char *operation)
{
  pl_tree words[] = {pl_tree_text(PL_STR("all.Service/Down")), {.kind = PL_TREE_MAP}};
  bool named = strcmp(operation, "call") == 0 || strcmp(operation, "stream") == 0;
  pl_tree args = {.kind = PL_TREE_LIST, .n = named ? 2 : strcmp(operation, "send") == 0, .as.items = named ? words : words + 1};
  pl_tree none = {.kind = PL_TREE_MAP}, value = {0};
  pl_protocol_request request = {0};
  int status = 0;
  const char *why = NULL;
  do {
    request.prepares = false;
    if (pl_module_entry.begin(t->state, pl_str_of(operation), &args, &none, &t->sent, &request, NULL))
      return true;
    if (!listen_to(t, in))
      return false;
  } while (request.prepares);
  pl_arena_reset(&t->arena);
  FUZZ_EXPECT(pl_module_entry.result(t->state, &t->arena, &value, &status, &why) || status == 0 || why);
  return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  static const char *const calls[][4] = {{"call", "call", "call", "call"}, {"stream", "receive", "receive", "finish"}, {"stream", "send", "finish", "call"}};
  fuzz_input in = {data, len};
  talk t = {0};
  pl_url url;
  const char *why = NULL;
  pl_url_scheme schemes[] = {{"grpc", 1}, {NULL, 0}};
  const char *const *operations = calls[fuzz_byte(&in) % 3];
  t.piece = (size_t)fuzz_byte(&in) + 1;
  FUZZ_EXPECT(pl_url_parse_schemes(PL_STR("grpc://h:7/"), schemes, &url, NULL) == 0);
  pl_arena_init(&t.arena, &pl_alloc_default, VALUES);
  pl_buf_init(&t.sent, &pl_alloc_default, BUFFER_MAX);
  t.state = pl_alloc_zero(&pl_alloc_default, 1, pl_module_entry.size);
  FUZZ_EXPECT(t.state && pl_module_entry.open(t.state, &url, NULL, &pl_alloc_default, NULL) == 0);
  FUZZ_EXPECT(pl_module_entry.greet(t.state, &t.sent, &why) == PL_PROTOCOL_DONE);
  for (int i = 0; i < 4 && operate(&t, &in, operations[i]); i++)
    ;
  pl_module_entry.close(t.state);
  pl_free(&pl_alloc_default, t.state, pl_module_entry.size);
  pl_arena_fini(&t.arena);
  pl_buf_fini(&t.sent);
  return 0;
}
