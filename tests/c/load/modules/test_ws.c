/* WebSocket: the handshake, frames in and out, and the rules that a server may break. */
#include "base/base64.h"
#include "base/sha1.h"
#include "load/conversation.h"

/* The server's half of the handshake, for the key that the client sent. */
static void shake(conversation *c, const char *extensions, size_t piece, int wanted)
{
  char key[32] = "", text[80], answer[400];
  uint8_t digest[20];
  pl_buf accept;
  pl_buf_clear(&c->sent);
  assert_int_equal(c->protocol->greet(c->state, &c->sent, &c->why), PL_PROTOCOL_MORE);
  const char *found = strstr(pl_buf_cstr(&c->sent), "Sec-WebSocket-Key: ");
  assert_non_null(found);
  (void)snprintf(key, sizeof key, "%.24s", found + 19);
  int n = snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
  pl_sha1(text, (size_t)n, digest);
  pl_buf_init(&accept, &pl_alloc_default, 64);
  assert_int_equal(pl_base64(&accept, (pl_str){(const char *)digest, 20}), PL_OK);
  n = snprintf(answer, sizeof answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
               pl_buf_cstr(&accept), extensions);
  pl_buf_fini(&accept);
  assert_int_equal(conversation_feed(c, answer, (size_t)n, piece), wanted);
  pl_buf_clear(&c->sent);
}

static void opened(conversation *c)
{
  conversation_open(c, "ws", "ws://h:8080/chat?x=1", NULL);
  shake(c, "", 1000, PL_PROTOCOL_DONE);
}

/* Takes the mask off the frame at the front of what was sent; gives its payload. */
static const char *unmasked(conversation *c, unsigned char first)
{
  static char out[200];
  const unsigned char *f = (const unsigned char *)c->sent.data;
  assert_int_equal(f[0], first);
  assert_true(f[1] & 0x80);
  size_t n = f[1] & 0x7f;
  assert_true(n < 126 && c->sent.len == n + 6);
  for (size_t i = 0; i < n; i++)
    out[i] = (char)(f[6 + i] ^ f[2 + i % 4]);
  out[n] = '\0';
  return out;
}

static void handshake(void **state)
{
  conversation c;
  (void)state;
  conversation_open(&c, "ws", "ws://h:8080/chat?x=1", NULL);
  assert_int_equal(c.protocol->greet(c.state, &c.sent, &c.why), PL_PROTOCOL_MORE);
  assert_non_null(strstr(pl_buf_cstr(&c.sent), "GET /chat?x=1 HTTP/1.1\r\nHost: h:8080\r\n"));
  shake(&c, "", 1, PL_PROTOCOL_DONE);
  shake(&c, "Sec-WebSocket-Extensions: permessage-deflate\r\n", 1000, PL_EPROTO);
  static const char wrong[] = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAA\r\n\r\n";
  assert_int_equal(c.protocol->greet(c.state, &c.sent, &c.why), PL_PROTOCOL_MORE);
  assert_int_equal(conversation_feed(&c, wrong, sizeof wrong - 1, 7), PL_EPROTO);
  conversation_close(&c);
  conversation_open(&c, "ws", "ws://h/", NULL);
  static const char refused[] = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
  assert_int_equal(c.protocol->greet(c.state, &c.sent, &c.why), PL_PROTOCOL_MORE);
  assert_int_equal(conversation_feed(&c, refused, sizeof refused - 1, 100), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&c), "nil");
  assert_int_equal(c.status, 403);
  assert_string_equal(c.why, "ws: status 403 instead of 101");
  conversation_close(&c);
  conversation_open(&c, "ws", "ws://h/", NULL);
  static const char no_upgrade[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  assert_int_equal(c.protocol->greet(c.state, &c.sent, &c.why), PL_PROTOCOL_MORE);
  assert_int_equal(conversation_feed(&c, no_upgrade, sizeof no_upgrade - 1, 100), PL_EPROTO);
  assert_string_equal(c.why, "ws: status 200 instead of 101");
  conversation_close(&c);
}

static void messages_whole_and_in_fragments(void **state)
{
  static const struct {
    const char *bytes;
    size_t len;
    const char *value;
  } cases[] = {
      {"\x81\x05hello", 7, "\"hello\""},
      {"\x82\x03\x01\x02\x03", 5, "\"\x01\x02\x03\""},
      {"\x81\x00", 2, "\"\""},
      {"\x01\x03hel\x80\x02lo", 9, "\"hello\""},
      {"\x01\x03hel\x89\x01p\x80\x02lo", 12, "\"hello\""},
      {"\x81\x7e\x00\x05hello", 9, "\"hello\""},
      {"\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x05hello", 15, "\"hello\""},
      {"\x81\x04\xf0\x9f\x98\x80", 6, "\"\xf0\x9f\x98\x80\""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    for (size_t piece = 1; piece < 60; piece += 29) {
      conversation c;
      opened(&c);
      assert_int_equal(conversation_begin(&c, "receive", NULL, 0, NULL), PL_OK);
      assert_int_equal(conversation_feed(&c, cases[i].bytes, cases[i].len, piece), PL_PROTOCOL_DONE);
      assert_string_equal(conversation_value(&c), cases[i].value);
      conversation_close(&c);
    }
  }
}

static void broken_rules(void **state)
{
  static const struct {
    const char *bytes;
    size_t len;
  } cases[] = {
      {"\x81\x85....hello", 11},            /* masked by the server */
      {"\xc1\x01x", 3},                     /* a reserved bit without its extension */
      {"\x83\x01x", 3},                     /* reserved opcode */
      {"\x09\x01x", 3},                     /* a fragmented control frame */
      {"\x89\x7e\x00\x7e", 4},              /* a long one */
      {"\x80\x01x", 3},                     /* a continuation of nothing */
      {"\x01\x01x\x81\x01y", 6},            /* a new message inside another */
      {"\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10}, /* too large */
      {"\x81\x02\xc0\xaf", 4},              /* overlong UTF-8 */
      {"\x81\x03\xed\xa0\x80", 5},          /* a surrogate */
      {"\x81\x01\x80", 3},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    conversation c;
    opened(&c);
    assert_int_equal(conversation_begin(&c, "receive", NULL, 0, NULL), PL_OK);
    assert_int_equal(conversation_feed(&c, cases[i].bytes, cases[i].len, 1), PL_EPROTO);
    conversation_close(&c);
  }
}

static void frames_out(void **state)
{
  conversation c;
  pl_tree text[] = {word("hello")}, option[] = {word("binary"), pl_tree_boolean(true)};
  pl_tree binary = {.kind = PL_TREE_MAP, .n = 1, .as.items = option};
  (void)state;
  opened(&c);
  assert_int_equal(conversation_begin(&c, "send", text, 1, NULL), PL_OK);
  assert_true(c.request.no_answer);
  assert_string_equal(unmasked(&c, 0x81), "hello");
  assert_int_equal(conversation_begin(&c, "exchange", text, 1, &binary), PL_OK);
  assert_string_equal(unmasked(&c, 0x82), "hello");
  assert_int_equal(conversation_feed(&c, "\x81\x01x", 3, 1), PL_PROTOCOL_DONE);
  assert_int_equal(conversation_begin(&c, "ping", NULL, 0, NULL), PL_OK);
  assert_string_equal(unmasked(&c, 0x89), "perilune");
  assert_int_equal(conversation_begin(&c, "send", NULL, 0, NULL), PL_EINVAL);
  conversation_close(&c);
}

/* "hello" in frames of two bytes: 01 .. 00 .. 80 .; of as many as it has, or more: one. */
static void fragments_out(void **state)
{
  static const struct {
    int64_t most;
    const char *operation;
    int code;
    size_t frames;
    unsigned char first[5], length[5];
  } cases[] = {{2, "send", PL_OK, 3, {0x01, 0x00, 0x80}, {2, 2, 1}},
               {1, "exchange", PL_OK, 5, {0x01, 0x00, 0x00, 0x00, 0x80}, {1, 1, 1, 1, 1}},
               {5, "send", PL_OK, 1, {0x81}, {5}},
               {6, "send", PL_OK, 1, {0x81}, {5}},
               {0, "send", PL_EINVAL, 0, {0}, {0}},
               {-1, "exchange", PL_EINVAL, 0, {0}, {0}}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    conversation c;
    pl_tree text[] = {word("hello")}, option[] = {word("fragment"), pl_tree_integer(cases[i].most)};
    pl_tree named = {.kind = PL_TREE_MAP, .n = 1, .as.items = option};
    opened(&c);
    assert_int_equal(conversation_begin(&c, cases[i].operation, text, 1, &named), cases[i].code);
    const unsigned char *at = (const unsigned char *)c.sent.data;
    size_t heard = 0;
    for (size_t k = 0; k < cases[i].frames; k++) {
      assert_int_equal(at[0], cases[i].first[k]);
      assert_int_equal(at[1], 0x80 | cases[i].length[k]);
      for (size_t b = 0; b < cases[i].length[k]; b++)
        assert_int_equal(at[6 + b] ^ at[2 + b % 4], "hello"[heard++]);
      at += 6 + cases[i].length[k];
    }
    assert_ptr_equal(at, c.sent.data + (cases[i].frames ? c.sent.len : 0));
    conversation_close(&c);
  }
}

static void pings_pongs_and_the_queue(void **state)
{
  conversation c;
  (void)state;
  opened(&c);
  assert_int_equal(conversation_begin(&c, "ping", NULL, 0, NULL), PL_OK);
  pl_buf_clear(&c.sent);
  assert_int_equal(conversation_feed(&c, "\x89\x02hi\x81\x01" "1\x81\x01" "2\x8a\x00", 12, 12), PL_PROTOCOL_DONE);
  assert_string_equal(unmasked(&c, 0x8a), "hi");
  for (int i = 1; i <= 2; i++) {
    size_t used;
    assert_int_equal(conversation_begin(&c, "receive", NULL, 0, NULL), PL_OK);
    assert_int_equal(c.protocol->receive(c.state, NULL, 0, &used, &c.sent, &c.why), PL_PROTOCOL_DONE);
    assert_string_equal(conversation_value(&c), i == 1 ? "\"1\"" : "\"2\"");
  }
  conversation_close(&c);
}

/* A pong comes behind so many messages, which are numbered from `first` on. */
static void ping_behind(conversation *c, int first, int n)
{
  char bytes[200];
  size_t len = 0;
  for (int i = 0; i < n; i++)
    len += (size_t)snprintf(bytes + len, sizeof bytes - len, "\x81\x02%02d", first + i);
  len += (size_t)snprintf(bytes + len, sizeof bytes - len, "\x8a\x01p");
  assert_int_equal(conversation_begin(c, "ping", NULL, 0, NULL), PL_OK);
  assert_int_equal(conversation_feed(c, bytes, len, len), PL_PROTOCOL_DONE);
}

/* Messages that nobody waited for are received in their order, also when others come behind some that wait. */
static void the_queue_is_in_order(void **state)
{
  conversation c;
  char none[1], text[8];
  size_t used;
  int queued = 0;
  (void)state;
  opened(&c);
  for (int i = 0; i < 60; i++) {
    for (; queued < 60 && queued < 2 * i + 10; queued += 10)
      ping_behind(&c, queued, 10);
    assert_int_equal(conversation_begin(&c, "receive", NULL, 0, NULL), PL_OK);
    assert_int_equal(c.protocol->receive(c.state, none, 0, &used, &c.sent, &c.why), PL_PROTOCOL_DONE);
    (void)snprintf(text, sizeof text, "\"%02d\"", i);
    assert_string_equal(conversation_value(&c), text);
  }
  conversation_close(&c);
}

static void closing(void **state)
{
  conversation c;
  (void)state;
  opened(&c);
  assert_int_equal(conversation_begin(&c, "finish", NULL, 0, NULL), PL_OK);
  assert_memory_equal(unmasked(&c, 0x88), "\x03\xe8", 2);
  assert_int_equal(c.protocol->over(c.state, &c.why), 0);
  assert_int_equal(conversation_feed(&c, "\x88\x02\x03\xe8", 4, 1), PL_PROTOCOL_DONE);
  assert_int_equal(c.protocol->over(c.state, &c.why), PL_ERESET);
  assert_string_equal(c.why, "the connection is closed");
  assert_int_equal(conversation_begin(&c, "finish", NULL, 0, NULL), PL_OK); /* no fault of the script: the channel fails it */
  conversation_close(&c);
  static const struct { int64_t code; int result; } codes[] = {{7, PL_EINVAL}, {1004, PL_EINVAL}, {1006, PL_EINVAL}, {1015, PL_EINVAL},
                                                               {2999, PL_EINVAL}, {5000, PL_EINVAL}, {1011, PL_OK}, {4001, PL_OK}};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    pl_tree pair[] = {word("code"), pl_tree_integer(codes[i].code)}, named = {.kind = PL_TREE_MAP, .n = 1, .as.items = pair};
    opened(&c);
    assert_int_equal(conversation_begin(&c, "finish", NULL, 0, &named), codes[i].result);
    conversation_close(&c);
  }
  char longest[125];
  memset(longest, 'x', sizeof longest);
  longest[123] = longest[124] = '\0';
  const struct { const char *reason; int result; } reasons[] = {{longest, PL_OK}, {"\xff", PL_EINVAL}, {"\xc3\xa4", PL_OK}, {NULL, PL_EINVAL}};
  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
    longest[123] = reasons[i].reason ? '\0' : 'x'; /* a byte too long */
    pl_tree pair[] = {word("reason"), word(reasons[i].reason ? reasons[i].reason : longest)}, named = {.kind = PL_TREE_MAP, .n = 1, .as.items = pair};
    opened(&c);
    assert_int_equal(conversation_begin(&c, "finish", NULL, 0, &named), reasons[i].result);
    conversation_close(&c);
  }
  opened(&c);
  assert_int_equal(conversation_begin(&c, "receive", NULL, 0, NULL), PL_OK);
  assert_int_equal(conversation_feed(&c, "\x88\x05\x03\xf3" "bye", 7, 7), PL_EPROTO);
  assert_string_equal(c.why, "ws: closed by the server: 1011 bye");
  assert_int_equal(c.protocol->over(c.state, &c.why), PL_EPROTO);
  assert_int_equal(conversation_begin(&c, "receive", NULL, 0, NULL), PL_OK);
  conversation_close(&c);
}

/* What comes while nobody waits: pings and a close frame are answered, messages are kept, and behind them the end is told. */
static void between_operations(void **state)
{
  conversation c;
  char none[1];
  size_t used;
  (void)state;
  opened(&c);
  assert_int_equal(conversation_feed(&c, "\x89\x02hi", 4, 3), PL_PROTOCOL_MORE);
  assert_string_equal(unmasked(&c, 0x8a), "hi");
  assert_int_equal(conversation_begin(&c, "exchange", NULL, 0, NULL), PL_EINVAL); /* so nobody waits */
  assert_int_equal(conversation_feed(&c, "\x81\x00", 2, 2), PL_PROTOCOL_MORE);
  assert_int_equal(conversation_begin(&c, "receive", NULL, 0, NULL), PL_OK);
  assert_int_equal(c.protocol->receive(c.state, none, 0, &used, &c.sent, &c.why), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&c), "\"\"");
  pl_buf_clear(&c.sent);
  assert_int_equal(conversation_begin(&c, "receive", NULL, 0, NULL), PL_OK);
  assert_int_equal(conversation_feed(&c, "\x81\x01" "0\x89\x02yo\x81\x01" "1", 10, 10), PL_PROTOCOL_DONE);
  assert_string_equal(unmasked(&c, 0x8a), "yo"); /* behind what was waited for */
  assert_string_equal(conversation_value(&c), "\"0\"");
  pl_buf_clear(&c.sent);
  assert_int_equal(conversation_feed(&c, "\x81\x01" "2\x88\x05\x03\xe8" "bye\x81\x01" "3", 13, 13), PL_PROTOCOL_MORE);
  assert_memory_equal(unmasked(&c, 0x88), "\x03\xe8", 2);
  assert_int_equal(c.protocol->ended(c.state, &c.why), PL_PROTOCOL_MORE);
  assert_int_equal(conversation_begin(&c, "ping", NULL, 0, NULL), PL_OK); /* not sent, */
  assert_int_equal(c.sent.len, 0);
  assert_int_equal(c.protocol->receive(c.state, none, 0, &used, &c.sent, &c.why), PL_EPROTO); /*   and fails */
  for (int i = 1; i <= 2; i++) {
    assert_int_equal(c.protocol->over(c.state, &c.why), 0);
    assert_int_equal(conversation_begin(&c, "receive", NULL, 0, NULL), PL_OK);
    assert_int_equal(c.protocol->receive(c.state, none, 0, &used, &c.sent, &c.why), PL_PROTOCOL_DONE);
    assert_string_equal(conversation_value(&c), i == 1 ? "\"1\"" : "\"2\"");
  }
  assert_int_equal(c.protocol->over(c.state, &c.why), PL_EPROTO);
  assert_string_equal(c.why, "ws: closed by the server: 1000 bye");
  conversation_close(&c);
}

static void deflated(void **state)
{
  conversation c;
  pl_tree on[] = {word("compress"), pl_tree_boolean(true)}, options = {.kind = PL_TREE_MAP, .n = 1, .as.items = on};
  pl_tree text[] = {word("Hello")};
  (void)state;
  conversation_open(&c, "ws", "ws://h/", &options);
  shake(&c, "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n", 1000, PL_PROTOCOL_DONE);
  assert_int_equal(conversation_begin(&c, "receive", NULL, 0, NULL), PL_OK);
  assert_int_equal(conversation_feed(&c, "\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00", 9, 1), PL_PROTOCOL_DONE); /* RFC 7692 section 7.2.3.1 */
  assert_string_equal(conversation_value(&c), "\"Hello\"");
  assert_int_equal(conversation_begin(&c, "send", text, 1, NULL), PL_OK);
  assert_memory_equal(unmasked(&c, 0xc1), "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
  pl_tree four[] = {word("fragment"), pl_tree_integer(4)}, named = {.kind = PL_TREE_MAP, .n = 1, .as.items = four};
  assert_int_equal(conversation_begin(&c, "send", text, 1, &named), PL_OK);
  assert_int_equal(c.sent.data[0], 0x41); /* the first one says that the message is deflated */
  assert_int_equal((unsigned char)c.sent.data[10], 0x80);
  assert_int_equal(conversation_begin(&c, "receive", NULL, 0, NULL), PL_OK);
  assert_int_equal(conversation_feed(&c, "\xc1\x03\xff\xff\xff", 5, 5), PL_EPROTO);
  conversation_close(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(handshake), cmocka_unit_test(messages_whole_and_in_fragments), cmocka_unit_test(broken_rules),
      cmocka_unit_test(frames_out), cmocka_unit_test(fragments_out), cmocka_unit_test(pings_pongs_and_the_queue), cmocka_unit_test(the_queue_is_in_order),
      cmocka_unit_test(closing), cmocka_unit_test(between_operations), cmocka_unit_test(deflated),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
