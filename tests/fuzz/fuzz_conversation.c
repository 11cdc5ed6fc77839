/* A protocol's module with a hostile peer: the first byte picks what the client asks, the second how the bytes are cut, the rest is
 * what the peer says. Built once for each module, with its source. */
#include "base/base64.h"
#include "base/sha1.h"
#include "load/protocol.h"

#include "fuzz.h"

enum { BUFFER_MAX = 1 << 22, VALUES = 1 << 22 };

extern const pl_protocol pl_module_entry;

typedef struct talk {
  void *state;
  pl_arena arena;
  pl_buf sent, kept;
  size_t piece;
  bool broken;
} talk;

/* Values are read to their last byte. */
static uint64_t walk(const pl_tree *v, int depth)
{
  uint64_t sum = (uint64_t)v->kind;
  FUZZ_EXPECT(depth < 1000);
  if (v->kind == PL_TREE_STRING) {
    for (size_t i = 0; i < v->as.string.len; i++)
      sum += (uint8_t)v->as.string.data[i];
  } else if (v->kind == PL_TREE_LIST || v->kind == PL_TREE_MAP) {
    size_t n = v->kind == PL_TREE_MAP ? 2 * v->n : v->n;
    for (size_t i = 0; i < n; i++)
      sum += walk(&v->as.items[i], depth + 1);
  }
  return sum;
}

/* Offers what is kept and what the peer says next, until the operation is done or the bytes are at an end. */
static int offer(talk *t, fuzz_input *in)
{
  const char *why = NULL;
  for (;;) {
    size_t used = 0;
    char none[1];
    int code = pl_module_entry.receive(t->state, t->kept.data ? t->kept.data : none, t->kept.len, &used, &t->sent, &why);
    FUZZ_EXPECT(code >= 0 ? used <= t->kept.len : why != NULL);
    if (code >= 0)
      pl_buf_drop(&t->kept, used);
    if (code != PL_PROTOCOL_MORE || !in->len)
      return code;
    size_t n = in->len < t->piece ? in->len : t->piece;
    if (pl_buf_add(&t->kept, in->data, n))
      return PL_ELIMIT;
    in->data += n;
    in->len -= n;
  }
}

/* The server's answer to a WebSocket's handshake, which no random bytes would give: for the key that was sent. */
static void shake_hands(talk *t)
{
  static const char mark[] = "Sec-WebSocket-Key: ";
  const char *key = strstr(pl_buf_cstr(&t->sent), mark);
  uint8_t digest[20];
  char text[24 + 36 + 1];
  if (!key)
    return;
  (void)snprintf(text, sizeof text, "%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key + sizeof mark - 1);
  pl_sha1(text, 60, digest);
  (void)pl_buf_adds(&t->kept, "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Accept: ");
  (void)pl_base64(&t->kept, (pl_str){(const char *)digest, 20});
  (void)pl_buf_adds(&t->kept, "\r\n\r\n");
}

static bool greeted(talk *t, fuzz_input *in)
{
  const char *why = NULL;
  if (!pl_module_entry.greet)
    return true;
  int code = pl_module_entry.greet(t->state, &t->sent, &why);
  shake_hands(t);
  return code == PL_PROTOCOL_DONE || (code == PL_PROTOCOL_MORE && offer(t, in) == PL_PROTOCOL_DONE);
}

static void take_value(talk *t)
{
  pl_tree value = {0};
  int status = 0;
  const char *why = NULL;
  pl_arena_reset(&t->arena);
  if (pl_module_entry.result(t->state, &t->arena, &value, &status, &why) == 0)
    (void)walk(&value, 0);
  FUZZ_EXPECT(status == 0 || why);
}

static void operate(talk *t, fuzz_input *in, unsigned pick)
{
  pl_tree words[] = {pl_tree_text(PL_STR("GET")), pl_tree_text(PL_STR("10"))}, options[2], list = {.kind = PL_TREE_LIST};
  pl_tree named = {.kind = PL_TREE_MAP, .n = 1, .as.items = options};
  pl_protocol_request request = {0};
  const char *const *operation = pl_module_entry.operations;
  unsigned n = 0;
  while (operation[n])
    n++;
  operation += pick % n;
  if (strcmp(*operation, "pipeline") == 0) { /* of two commands */
    static pl_tree commands[2];
    commands[0] = commands[1] = (pl_tree){.kind = PL_TREE_LIST, .n = 2, .as.items = words};
    list = (pl_tree){.kind = PL_TREE_LIST, .n = 2, .as.items = commands};
  } else {
    list.n = strcmp(*operation, "receive") == 0 || strcmp(*operation, "next") == 0 || strcmp(*operation, "version") == 0 ? 0 : pick / n % 3;
    list.as.items = words;
  }
  static const char *const ends[] = {"delimiter", "pattern", "bytes"};
  options[0] = pl_tree_text(pl_str_of(ends[pick % 3]));
  options[1] = pick % 3 == 2 ? pl_tree_integer(5) : pl_tree_text(PL_STR("o[kK]%d*"));
  pl_tree none = {.kind = PL_TREE_MAP};
  bool ends_by_option = strcmp(pl_module_entry.word, "tcp") == 0;
  if (pl_module_entry.begin(t->state, pl_str_of(*operation), &list, ends_by_option ? &named : &none, &t->sent, &request, NULL) || request.no_answer)
    return;
  int code = offer(t, in);
  t->broken = code < 0;
  if (code == PL_PROTOCOL_DONE)
    take_value(t);
}

/* What the peer says while nothing is asked completes nothing. Only behind an operation that is complete. */
static void overhear(talk *t, fuzz_input *in)
{
  pl_tree none = {.kind = PL_TREE_LIST};
  pl_protocol_request request = {0};
  if (!pl_module_entry.listens || pl_module_entry.begin(t->state, PL_STR("send"), &none, &none, &t->sent, &request, NULL) == 0)
    return;
  int code = offer(t, in);
  FUZZ_EXPECT(code != PL_PROTOCOL_DONE);
  t->broken = code < 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  fuzz_input in = {data, len};
  talk t = {0};
  pl_url url;
  char text[64];
  const char *why = NULL;
  pl_url_scheme schemes[] = {{pl_module_entry.scheme, 1}, {NULL, 0}};
  pl_tree compress[] = {pl_tree_text(PL_STR("compress")), pl_tree_boolean(true)};
  pl_tree options = {.kind = PL_TREE_MAP, .n = strcmp(pl_module_entry.word, "ws") == 0, .as.items = compress};
  (void)snprintf(text, sizeof text, "%s://h:7/", pl_module_entry.scheme);
  FUZZ_EXPECT(pl_url_parse_schemes(pl_str_of(text), schemes, &url, NULL) == 0);
  pl_arena_init(&t.arena, &pl_alloc_default, VALUES);
  pl_buf_init(&t.sent, &pl_alloc_default, BUFFER_MAX);
  pl_buf_init(&t.kept, &pl_alloc_default, BUFFER_MAX);
  t.state = pl_alloc_zero(&pl_alloc_default, 1, pl_module_entry.size);
  unsigned pick = fuzz_byte(&in);
  t.piece = (size_t)fuzz_byte(&in) + 1;
  FUZZ_EXPECT(t.state && pl_module_entry.open(t.state, &url, &options, &pl_alloc_default, NULL) == 0);
  if (greeted(&t, &in)) {
    for (int i = 0; i < 4 && !t.broken; i++)
      operate(&t, &in, pick + (unsigned)i);
    if (!t.broken)
      overhear(&t, &in);
    if (pl_module_entry.ended && !t.broken)
      (void)pl_module_entry.ended(t.state, &why);
  }
  pl_module_entry.close(t.state);
  pl_free(&pl_alloc_default, t.state, pl_module_entry.size);
  pl_arena_fini(&t.arena);
  pl_buf_fini(&t.sent);
  pl_buf_fini(&t.kept);
  return 0;
}
