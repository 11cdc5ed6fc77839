/* A protocol module without sockets: operations in, a peer's bytes in pieces of any size, values out as text. */
#ifndef TEST_CONVERSATION_H
#define TEST_CONVERSATION_H

#include <stdio.h>
#include <string.h>

#include "load/protocol.h"
#include "support/failing.h"

typedef struct conversation {
  const pl_protocol *protocol;
  void *state;
  pl_arena arena;
  pl_buf sent;             /* what the client said last */
  pl_buf text;             /* the last value, written */
  pl_protocol_request request;
  int status;
  const char *why;
  pl_buf kept;             /* bytes that were not taken yet */
} conversation;

static inline void conversation_open(conversation *c, const char *module, const char *url, const pl_tree *options)
{
  const pl_module_head *head;
  pl_error err = {0};
  pl_url parsed;
  memset(c, 0, sizeof *c);
  if (pl_module_find(TEST_MODULE_DIR, module, PL_PROTOCOL_ABI, &head, &err))
    fail_msg("%s", err.message);
  c->protocol = (const pl_protocol *)head;
  c->state = pl_alloc_zero(&pl_alloc_default, 1, c->protocol->size);
  pl_arena_init(&c->arena, &pl_alloc_default, 64 << 20);
  pl_buf_init(&c->sent, &pl_alloc_default, 1 << 20);
  pl_buf_init(&c->text, &pl_alloc_default, 1 << 20);
  pl_buf_init(&c->kept, &pl_alloc_default, 1 << 24);
  const pl_url_scheme schemes[] = {{c->protocol->scheme, c->protocol->port}, {c->protocol->secure_scheme, c->protocol->secure_port}, {NULL, 0}};
  assert_int_equal(pl_url_parse_schemes(pl_str_of(url), schemes, &parsed, &err), PL_OK);
  if (c->protocol->open(c->state, &parsed, options, &pl_alloc_default, &err))
    fail_msg("%s", err.message);
}

static inline void conversation_close(conversation *c)
{
  c->protocol->close(c->state);
  pl_free(&pl_alloc_default, c->state, c->protocol->size);
  pl_arena_fini(&c->arena);
  pl_buf_fini(&c->sent);
  pl_buf_fini(&c->text);
  pl_buf_fini(&c->kept);
}

/* { a = 1, "text", nil }: lists in brackets, maps in braces. */
static inline void write_tree(pl_buf *out, const pl_tree *t)
{
  char scratch[32];
  if (t->kind == PL_TREE_NIL) {
    (void)pl_buf_adds(out, "nil");
  } else if (t->kind == PL_TREE_STRING) {
    (void)pl_buf_addf(out, "\"%.*s\"", (int)t->as.string.len, t->as.string.data);
  } else if (t->kind == PL_TREE_LIST || t->kind == PL_TREE_MAP) {
    bool map = t->kind == PL_TREE_MAP;
    (void)pl_buf_addc(out, map ? '{' : '[');
    for (size_t i = 0; i < t->n; i++) {
      if (i)
        (void)pl_buf_addc(out, ',');
      if (map) {
        write_tree(out, &t->as.items[2 * i]);
        (void)pl_buf_addc(out, '=');
      }
      write_tree(out, &t->as.items[map ? 2 * i + 1 : i]);
    }
    (void)pl_buf_addc(out, map ? '}' : ']');
  } else {
    pl_str text = pl_tree_as_text(t, scratch);
    (void)pl_buf_add(out, text.data, text.len);
  }
}

/* Offers bytes in pieces; returns the last progress. */
static inline int conversation_feed(conversation *c, const char *bytes, size_t len, size_t piece)
{
  int code = PL_PROTOCOL_MORE;
  for (size_t at = 0; at < len && code == PL_PROTOCOL_MORE; at += piece) {
    size_t n = len - at < piece ? len - at : piece, used = 0;
    assert_int_equal(pl_buf_add(&c->kept, bytes + at, n), PL_OK);
    code = c->protocol->receive(c->state, c->kept.data, c->kept.len, &used, &c->sent, &c->why);
    if (code >= 0) {
      assert_true(used <= c->kept.len);
      pl_buf_drop(&c->kept, used);
    }
  }
  return code;
}

/* Encodes an operation; its bytes are c->sent then. args borrowed. */
static inline int conversation_begin(conversation *c, const char *operation, pl_tree *args, size_t n, const pl_tree *named)
{
  pl_error err = {0};
  pl_tree none = {0}, list = {.kind = PL_TREE_LIST, .n = n, .as.items = args};
  c->request = (pl_protocol_request){0};
  pl_buf_clear(&c->sent);
  return c->protocol->begin(c->state, pl_str_of(operation), &list, named ? named : &none, &c->sent, &c->request, &err);
}

/* The value of the operation that is done, as text. */
static inline const char *conversation_value(conversation *c)
{
  pl_tree value = {0};
  pl_arena_reset(&c->arena);
  assert_int_equal(c->protocol->result(c->state, &c->arena, &value, &c->status, &c->why), PL_OK);
  pl_buf_clear(&c->text);
  write_tree(&c->text, &value);
  return pl_buf_cstr(&c->text);
}

static inline pl_tree word(const char *text)
{
  return pl_tree_text(pl_str_of(text));
}

#endif
