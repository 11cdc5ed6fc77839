/* Event streams in every framing and line ending. */
#include "load/conversation.h"

#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: Text/Event-Stream;charset=utf-8\r\n"

static void check(const char *head, const char *body, size_t piece, const char *first, const char *second)
{
  conversation c;
  char bytes[600];
  conversation_open(&c, "sse", "http://h/events", NULL);
  assert_int_equal(c.protocol->greet(c.state, &c.sent, &c.why), PL_PROTOCOL_MORE);
  assert_non_null(strstr(pl_buf_cstr(&c.sent), "GET /events HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n"));
  int n = snprintf(bytes, sizeof bytes, "%s\r\n", head);
  assert_int_equal(conversation_feed(&c, bytes, (size_t)n, piece), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&c), "nil");
  size_t at = 0, len = strlen(body);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(conversation_begin(&c, "next", NULL, 0, NULL), PL_OK);
    assert_string_equal(c.request.label, i == 0 ? "sse first event" : "sse event");
    assert_int_equal(c.request.since_opening, i == 0);
    size_t used;
    int code = c.protocol->receive(c.state, c.kept.data, c.kept.len, &used, &c.sent, &c.why);
    pl_buf_drop(&c.kept, used);
    while (code == PL_PROTOCOL_MORE && at < len) {
      size_t m = len - at < piece ? len - at : piece;
      code = conversation_feed(&c, body + at, m, m);
      at += m;
    }
    assert_int_equal(code, PL_PROTOCOL_DONE);
    assert_string_equal(conversation_value(&c), i == 0 ? first : second);
  }
  conversation_close(&c);
}

static void events(void **state)
{
  static const char first[] = "{\"event\"=\"message\",\"data\"=\"one\",\"id\"=\"\"}";
  static const char second[] = "{\"event\"=\"tick\",\"data\"=\"a\nb\",\"id\"=\"7\"}";
  (void)state;
  for (size_t piece = 1; piece < 500; piece += 13) {
    check(HEAD, ": hi\n\ndata: one\n\nevent: tick\nid: 7\ndata: a\ndata: b\n\n", piece, first, second);
    check(HEAD, "data:one\r\n\r\nevent:tick\r\nid:7\r\ndata:a\r\ndata:b\r\n\r\n", piece, first, second);
    check(HEAD, "data:one\r\revent:tick\rid:7\rdata:a\rdata:b\r\r", piece, first, second);
    check(HEAD, "\xef\xbb\xbf" "data: one\n\nevent: tick\nid: 7\ndata: a\ndata: b\n\n", piece, first, second); /* a byte order mark */
    check(HEAD "Transfer-Encoding: chunked\r\n", "3\r\ndat\r\n9\r\na: one\n\nx\r\n22\r\n: 1\nevent: tick\nid: 7\ndata: a\ndata\r\n5\r\n: b\n\n\r\n", piece, first, second);
  }
}

/* The standard's words for it: one with a NUL is ignored, and a mark that is not the first thing is a part of a field's name. */
static void ids_and_marks_that_do_not_count(void **state)
{
  static const char data[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nid: a\nid: b\0c\ndata: one\n\xef\xbb\xbf" "data: two\n\n";
  conversation c;
  (void)state;
  conversation_open(&c, "sse", "http://h/events", NULL);
  assert_int_equal(c.protocol->greet(c.state, &c.sent, &c.why), PL_PROTOCOL_MORE);
  size_t head = (size_t)(strstr(data, "\r\n\r\n") - data) + 4;
  assert_int_equal(conversation_feed(&c, data, head, head), PL_PROTOCOL_DONE);
  assert_int_equal(conversation_begin(&c, "next", NULL, 0, NULL), PL_OK);
  assert_int_equal(conversation_feed(&c, data + head, sizeof data - 1 - head, 7), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&c), "{\"event\"=\"message\",\"data\"=\"one\",\"id\"=\"a\"}");
  conversation_close(&c);
}

static void not_a_stream(void **state)
{
  conversation c;
  static const char page[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n";
  (void)state;
  conversation_open(&c, "sse", "http://h/", NULL);
  assert_int_equal(c.protocol->greet(c.state, &c.sent, &c.why), PL_PROTOCOL_MORE);
  assert_int_equal(conversation_feed(&c, page, sizeof page - 1, 10), PL_EPROTO);
  assert_string_equal(c.why, "sse: status 200, text/html instead of an event stream");
  conversation_close(&c);
  static const char busy[] = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
  conversation_open(&c, "sse", "http://h/", NULL);
  assert_int_equal(c.protocol->greet(c.state, &c.sent, &c.why), PL_PROTOCOL_MORE);
  assert_int_equal(conversation_feed(&c, busy, sizeof busy - 1, 10), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&c), "nil");
  assert_int_equal(c.status, 503);
  assert_string_equal(c.why, "sse: status 503, no type instead of an event stream");
  conversation_close(&c);
}

static void the_end(void **state)
{
  conversation c;
  static const char head[] = HEAD "Transfer-Encoding: chunked\r\n\r\n", end[] = "0\r\n\r\n";
  (void)state;
  conversation_open(&c, "sse", "http://h/", NULL);
  assert_int_equal(c.protocol->greet(c.state, &c.sent, &c.why), PL_PROTOCOL_MORE);
  assert_int_equal(conversation_feed(&c, head, sizeof head - 1, 10), PL_PROTOCOL_DONE);
  assert_int_equal(conversation_begin(&c, "next", NULL, 0, NULL), PL_OK);
  assert_int_equal(conversation_feed(&c, end, sizeof end - 1, 1), PL_ETRUNC);
  assert_string_equal(c.why, "sse: the stream has ended");
  assert_int_equal(c.protocol->ended(c.state, &c.why), PL_ETRUNC);
  conversation_close(&c);
}

/* The connection may live on behind it: nobody waits for what does not come. */
static void the_end_of_a_length(void **state)
{
  conversation c;
  static const char head[] = HEAD "Content-Length: 11\r\n\r\n", body[] = "data: one\n\nHTTP";
  size_t used;
  (void)state;
  conversation_open(&c, "sse", "http://h/", NULL);
  assert_int_equal(c.protocol->greet(c.state, &c.sent, &c.why), PL_PROTOCOL_MORE);
  assert_int_equal(conversation_feed(&c, head, sizeof head - 1, 10), PL_PROTOCOL_DONE);
  assert_int_equal(conversation_begin(&c, "next", NULL, 0, NULL), PL_OK);
  assert_int_equal(conversation_feed(&c, body, sizeof body - 1, 15), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&c), "{\"event\"=\"message\",\"data\"=\"one\",\"id\"=\"\"}");
  assert_int_equal(conversation_begin(&c, "next", NULL, 0, NULL), PL_OK);
  assert_int_equal(c.protocol->receive(c.state, c.kept.data, c.kept.len, &used, &c.sent, &c.why), PL_ETRUNC);
  assert_string_equal(c.why, "sse: the stream has ended");
  conversation_close(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(events), cmocka_unit_test(ids_and_marks_that_do_not_count), cmocka_unit_test(not_a_stream), cmocka_unit_test(the_end),
                                     cmocka_unit_test(the_end_of_a_length)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
