/* One call: its head, its messages in both directions, and what its end means. */
#include "load/modules/grpc_call.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "format/deflate.h"
#include "load/modules/http2_session.h"
#include "support/failing.h"

static const char *head_of(pl_grpc_call *c, const pl_tree *metadata, double deadline_s)
{
  pl_error err = {0};
  pl_grpc_call_reset(c);
  if (pl_grpc_call_head(c, PL_STR("h:1"), PL_STR("p.S/M"), metadata, deadline_s, &err))
    fail_msg("%s", err.message);
  return pl_buf_cstr(&c->head);
}

static void set_up(pl_grpc_call *c)
{
  pl_grpc_call_init(c, &pl_alloc_default);
}

/* ---- Heads --------------------------------------------------------------------------------------- */

static void a_head_names_method_and_target(void **state)
{
  static const char begin[] = "POST /p.S/M HTTP/1.1\r\nHost: h:1\r\ncontent-type: application/grpc\r\nte: trailers\r\n";
  pl_grpc_call c;
  (void)state;
  set_up(&c);
  const char *head = head_of(&c, NULL, 0);
  assert_memory_equal(head, begin, sizeof begin - 1);
  assert_string_equal(head + strlen(head) - 4, "\r\n\r\n");
  assert_null(strstr(head, "grpc-timeout"));
  pl_grpc_call_fini(&c);
}

/* Compressed in place, behind the one before it; what becomes no shorter goes as it is. */
static void messages_are_compressed_where_that_is_asked_for(void **state)
{
  static const char longer[] = "once more, once more, once more, once more, once more";
  pl_grpc_call c;
  pl_buf plain;
  (void)state;
  set_up(&c);
  pl_buf_init(&plain, &pl_alloc_default, 1 << 17);
  c.compress = true;
  assert_int_equal(pl_grpc_call_head(&c, PL_STR("h:1"), PL_STR("p.S/M"), NULL, 0, NULL), PL_OK);
  assert_non_null(strstr(pl_buf_cstr(&c.head), "\r\ngrpc-encoding: gzip\r\n"));
  for (int i = 0; i < 2; i++) {
    size_t from = pl_grpc_call_message(&c);
    (void)pl_buf_adds(&c.up, i ? longer : "tea");
    pl_grpc_call_sealed(&c, from);
  }
  assert_memory_equal(c.up.data, "\0\0\0\0\3tea\1\0\0\0", 12);
  assert_int_equal((unsigned char)c.up.data[12], c.up.len - 13);
  assert_true(c.up.len - 13 < sizeof longer - 1);
  assert_int_equal(pl_inflate(PL_DEFLATE_GZIP, (pl_str){c.up.data + 13, c.up.len - 13}, &plain), PL_OK);
  assert_true(pl_str_eqc((pl_str){plain.data, plain.len}, longer));
  pl_buf_fini(&plain);
  pl_grpc_call_fini(&c);
}

/* At most eight digits. */
static void deadlines(void **state)
{
  static const struct {
    double seconds;
    const char *line;
  } cases[] = {{1e-9, ": 1n\r"}, {0.05, ": 50000000n\r"}, {0.2, ": 200000u\r"}, {99, ": 99000000u\r"}, {100, ": 100000m\r"}, {1e6, ": 1000000S\r"}};
  pl_grpc_call c;
  (void)state;
  set_up(&c);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const char *at = strstr(head_of(&c, NULL, cases[i].seconds), "grpc-timeout");
    assert_non_null(at);
    assert_memory_equal(at + 12, cases[i].line, strlen(cases[i].line));
  }
  pl_grpc_call_fini(&c);
}

static void metadata_are_texts_lists_and_bytes(void **state)
{
  pl_tree two[] = {pl_tree_text(PL_STR("1")), pl_tree_integer(2)};
  pl_tree items[] = {pl_tree_text(PL_STR("X-User")), pl_tree_text(PL_STR("seven")), pl_tree_text(PL_STR("n")), {.kind = PL_TREE_LIST, .n = 2, .as.items = two},
                     pl_tree_text(PL_STR("raw-bin")), pl_tree_text(PL_STR("\0\xff\n"))};
  pl_tree map = {.kind = PL_TREE_MAP, .n = 3, .as.items = items}, none = {.kind = PL_TREE_LIST};
  pl_grpc_call c;
  (void)state;
  set_up(&c);
  const char *head = head_of(&c, &map, 0);
  assert_non_null(strstr(head, "\r\nX-User: seven\r\nn: 1\r\nn: 2\r\nraw-bin: AP8K\r\n\r\n"));
  (void)head_of(&c, &none, 0); /* an empty table */
  pl_grpc_call_fini(&c);
}

static void expect_refused(pl_tree key, pl_tree value, const char *why)
{
  pl_tree items[] = {key, value}, map = {.kind = PL_TREE_MAP, .n = 1, .as.items = items};
  pl_grpc_call c;
  pl_error err = {0};
  set_up(&c);
  assert_int_equal(pl_grpc_call_head(&c, PL_STR("h"), PL_STR("p.S/M"), &map, 0, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, why));
  pl_grpc_call_fini(&c);
}

static void nothing_is_smuggled_in_by_metadata(void **state)
{
  (void)state;
  expect_refused(pl_tree_text(PL_STR("a: b\r\nc")), pl_tree_text(PL_STR("x")), "a key is letters");
  expect_refused(pl_tree_text(PL_STR(":path")), pl_tree_text(PL_STR("x")), "a key is letters");
  expect_refused(pl_tree_text(PL_STR("")), pl_tree_text(PL_STR("x")), "a key is letters");
  expect_refused(pl_tree_integer(1), pl_tree_text(PL_STR("x")), "a key is letters");
  expect_refused(pl_tree_text(PL_STR("a")), (pl_tree){.kind = PL_TREE_MAP}, "its value a text");
  expect_refused(pl_tree_text(PL_STR("a")), pl_tree_text(PL_STR("b\r\nc: d")), "only printable ASCII");
  expect_refused(pl_tree_text(PL_STR("a")), pl_tree_text(PL_STR("\xc3\xa9")), "ends in -bin");
}

static int make_head(const pl_allocator *a, void *metadata)
{
  pl_grpc_call c;
  pl_grpc_call_init(&c, a);
  int code = pl_grpc_call_head(&c, PL_STR("h:1"), PL_STR("p.S/M"), metadata, 1, NULL);
  pl_grpc_call_fini(&c);
  return code;
}

static void a_head_without_memory_and_beyond_its_limit(void **state)
{
  static char long_text[64 << 10];
  pl_tree items[] = {pl_tree_text(PL_STR("a")), pl_tree_text(PL_STR("b"))}, map = {.kind = PL_TREE_MAP, .n = 1, .as.items = items};
  (void)state;
  failing_every(make_head, &map, 10);
  memset(long_text, 'x', sizeof long_text);
  items[1] = pl_tree_text((pl_str){long_text, sizeof long_text});
  assert_int_equal(make_head(&pl_alloc_default, &map), PL_ENOMEM);
}

/* ---- Messages ------------------------------------------------------------------------------------ */

static void say(pl_grpc_call *c, const char *text)
{
  size_t from = pl_grpc_call_message(c);
  (void)pl_buf_adds(&c->up, text);
  pl_grpc_call_sealed(c, from);
}

/* What the session takes: in pieces of any size, the end with the last of them. */
static void messages_go_up_in_pieces(void **state)
{
  static const char want[] = "\0\0\0\0\3one\0\0\0\0\0\0\0\0\0\2no";
  void *context, *session;
  pl_grpc_call c;
  pl_buf out;
  char got[sizeof want] = "";
  size_t n = 0;
  bool last = false;
  (void)state;
  set_up(&c);
  pl_buf_init(&out, &pl_alloc_default, 1 << 16);
  assert_int_equal(pl_http2_context_new(&pl_alloc_default, &context), PL_OK);
  assert_int_equal(pl_http2_open(context, &session), PL_OK);
  (void)head_of(&c, NULL, 0);
  say(&c, "one");
  size_t from = pl_grpc_call_message(&c);
  (void)pl_buf_adds(&c.up, "half of a message");
  pl_grpc_call_unsaid(&c, from);
  say(&c, "");
  say(&c, "no");
  assert_int_equal(pl_grpc_call_begin(&c, session, false, &out), PL_OK);
  while (n < sizeof want - 1)
    n += (size_t)c.s.body(&c.s, got + n, n % 4 + 1 < sizeof want - 1 - n ? n % 4 + 1 : sizeof want - 1 - n, &last);
  assert_memory_equal(got, want, sizeof want - 1);
  assert_false(last); /* further ones may follow */
  c.up_end = true;
  assert_int_equal(c.s.body(&c.s, got, sizeof got, &last), 0);
  assert_true(last);
  pl_http2_close(session);
  pl_http2_context_free(context);
  pl_grpc_call_fini(&c);
  pl_buf_fini(&out);
}

static void a_message_that_was_taken_back_does_not_spoil_the_next(void **state)
{
  pl_grpc_call c;
  failing f;
  (void)state;
  failing_init(&f, 0);
  pl_grpc_call_init(&c, &f.allocator);
  say(&c, "one");
  f.fail_at = f.calls + 1;
  size_t from = pl_grpc_call_message(&c);
  for (int i = 0; i < 100; i++)
    (void)pl_buf_adds(&c.up, "0123456789");
  assert_int_equal(c.up.bad, PL_ENOMEM);
  pl_grpc_call_sealed(&c, from); /* of nothing whole: left alone */
  pl_grpc_call_unsaid(&c, from);
  say(&c, "two");
  assert_int_equal(c.up.len, 16);
  assert_memory_equal(c.up.data, "\0\0\0\0\3one\0\0\0\0\3two", 16);
  pl_grpc_call_fini(&c);
  assert_int_equal(f.live, 0);
}

static void messages_come_down_whole(void **state)
{
  static const char bytes[] = "\0\0\0\0\2hi\0\0\0\0\0\0\0\0\0\3yes";
  pl_grpc_call c;
  pl_str message;
  const char *why = "";
  size_t found = 0;
  const char *const want[] = {"hi", "", "yes"};
  (void)state;
  set_up(&c);
  for (size_t i = 0; i < sizeof bytes - 1; i++) {
    (void)pl_buf_addc(&c.down, bytes[i]);
    while (pl_grpc_call_next(&c, &message, &why) > 0) {
      assert_true(found < 3 && pl_str_eqc(message, want[found]));
      assert_true(i == 6 || i == 11 || i == 19);
      found++;
    }
  }
  assert_int_equal(found, 3);
  pl_grpc_call_fini(&c);
}

static void messages_that_are_none(void **state)
{
  pl_grpc_call c;
  pl_str message;
  const char *why = "";
  (void)state;
  set_up(&c);
  (void)pl_buf_add(&c.down, "\2\0\0\0\0", 5);
  assert_int_equal(pl_grpc_call_next(&c, &message, &why), PL_EPROTO);
  assert_non_null(strstr(why, "neither plain nor compressed"));
  pl_buf_clear(&c.down);
  (void)pl_buf_add(&c.down, "\0\4\0\0\0", 5); /* 64 MiB: to be waited for */
  assert_int_equal(pl_grpc_call_next(&c, &message, &why), 0);
  pl_buf_clear(&c.down);
  (void)pl_buf_add(&c.down, "\0\4\0\0\1", 5);
  assert_int_equal(pl_grpc_call_next(&c, &message, &why), PL_EPROTO);
  assert_non_null(strstr(why, "longer than the limit"));
  pl_grpc_call_fini(&c);
}

/* A message and its compressed form, which the server says so of: what it is for us. */
static int unpacked(const char *head, enum pl_deflate_form form, size_t cut, pl_grpc_call *c, pl_str *message, const char **why)
{
  pl_buf packed;
  set_up(c);
  pl_buf_init(&packed, &pl_alloc_default, 1 << 16);
  (void)pl_buf_adds(&c->s.in, head);
  assert_int_equal(pl_deflate(form, PL_STR("once more, once more, once more"), &packed), 0);
  (void)pl_buf_add(&c->down, (char[]){1, 0, 0, 0, (char)(packed.len - cut)}, 5);
  (void)pl_buf_add(&c->down, packed.data, packed.len - cut);
  pl_buf_fini(&packed);
  assert_int_equal(pl_grpc_call_next(c, message, why), 1);
  assert_true(c->packed);
  return pl_grpc_call_unpack(c, message, why);
}

static void compressed_messages(void **state)
{
  pl_grpc_call c;
  pl_str message;
  const char *why = "";
  (void)state;
  assert_int_equal(unpacked("HTTP/2 200\r\ngrpc-encoding: gzip\r\n\r\n", PL_DEFLATE_GZIP, 0, &c, &message, &why), PL_OK);
  assert_true(pl_str_eqc(message, "once more, once more, once more"));
  (void)pl_buf_add(&c.down, "\0\0\0\0\2hi", 7);
  assert_int_equal(pl_grpc_call_next(&c, &message, &why), 1);
  assert_int_equal(pl_grpc_call_unpack(&c, &message, &why), PL_OK);
  assert_true(pl_str_eqc(message, "hi"));
  pl_grpc_call_fini(&c);
  assert_int_equal(unpacked("HTTP/2 200\r\ngrpc-encoding: deflate\r\n\r\n", PL_DEFLATE_ZLIB, 0, &c, &message, &why), PL_OK);
  assert_true(pl_str_eqc(message, "once more, once more, once more"));
  pl_grpc_call_fini(&c);
  assert_int_equal(unpacked("HTTP/2 200\r\ngrpc-encoding: gzip\r\n\r\n", PL_DEFLATE_GZIP, 1, &c, &message, &why), PL_EPROTO);
  assert_non_null(strstr(why, "broken"));
  pl_grpc_call_fini(&c);
  assert_int_equal(unpacked("HTTP/2 200\r\ngrpc-encoding: snappy\r\n\r\n", PL_DEFLATE_GZIP, 0, &c, &message, &why), PL_EPROTO);
  assert_non_null(strstr(why, "not as gzip or deflate"));
  pl_grpc_call_fini(&c);
}

/* What is cut is an error only where the server says that all is well. */
static void a_stream_that_ends_within_a_message(void **state)
{
  static const char bytes[] = "\0\0\0\0\2hi\0\0\0\0\2h";
  pl_grpc_call c;
  pl_str message;
  (void)state;
  for (size_t len = 8; len < sizeof bytes; len++) {
    const char *why = "";
    set_up(&c);
    (void)pl_buf_add(&c.down, bytes, len);
    assert_int_equal(pl_grpc_call_next(&c, &message, &why), 1);
    assert_int_equal(pl_grpc_call_next(&c, &message, &why), 0);
    c.over = true;
    assert_int_equal(pl_grpc_call_next(&c, &message, &why), PL_EPROTO);
    assert_non_null(strstr(why, "is cut"));
    c.status = 5;
    assert_int_equal(pl_grpc_call_next(&c, &message, &why), 0);
    pl_grpc_call_fini(&c);
  }
}

/* ---- Ends ---------------------------------------------------------------------------------------- */

static void expect_status(pl_grpc_call *c, int status, const char *message)
{
  pl_grpc_call_ended(c, "the session's words");
  assert_true(c->over);
  assert_int_equal(c->status, status);
  assert_string_equal(c->message, message);
}

static void a_whole_answer(const char *head, const char *trailers, int http, int status, const char *message)
{
  pl_grpc_call c;
  set_up(&c);
  c.s.end = PL_HTTP2_COMPLETE;
  c.s.status = http;
  (void)pl_buf_adds(&c.s.in, head);
  (void)pl_buf_adds(&c.trailers, trailers);
  expect_status(&c, status, message);
  pl_grpc_call_fini(&c);
}

static void a_status_stands_in_the_trailers_or_alone_in_the_head(void **state)
{
  (void)state;
  a_whole_answer("HTTP/2 200\r\n\r\n", "grpc-status: 0\r\n", 200, 0, "");
  a_whole_answer("HTTP/2 200\r\n\r\n", "grpc-message: no%20such%2\r\ngrpc-status: 5\r\n", 200, 5, "no such%2");
  a_whole_answer("HTTP/2 200\r\ngrpc-status: 16\r\n\r\n", "", 200, 16, "");
  a_whole_answer("HTTP/2 200\r\n\r\n", "grpc-status: 3\r\ngrpc-message: a%0Ab%zz%\r\n", 200, 3, "a.b%zz%");
  a_whole_answer("HTTP/2 200\r\n\r\n", "grpc-status: 17\r\n", 200, 2, "the server gave no status");
  a_whole_answer("HTTP/2 200\r\n\r\n", "grpc-status: -1\r\n", 200, 2, "the server gave no status");
  a_whole_answer("HTTP/2 200\r\n\r\n", "", 200, 2, "the server gave no status");
}

/* Of a proxy, say. */
static void statuses_of_http(void **state)
{
  static const int pairs[][2] = {{400, 13}, {401, 16}, {403, 7}, {404, 12}, {429, 14}, {502, 14}, {503, 14}, {504, 14}, {500, 2}};
  char message[32];
  (void)state;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    (void)snprintf(message, sizeof message, "HTTP status %d", pairs[i][0]);
    a_whole_answer("", "", pairs[i][0], pairs[i][1], message);
  }
}

static void streams_that_broke(void **state)
{
  static const struct {
    enum pl_http2_end end;
    uint32_t code;
    int status;
    const char *message;
  } cases[] = {{PL_HTTP2_REFUSED, 7, 14, "the server refused the stream"}, {PL_HTTP2_RESET, 8, 1, "CANCEL"},
               {PL_HTTP2_RESET, 11, 8, "ENHANCE_YOUR_CALM"}, {PL_HTTP2_RESET, 12, 7, "INADEQUATE_SECURITY"},
               {PL_HTTP2_RESET, 2, 13, "INTERNAL_ERROR"}, {PL_HTTP2_TOO_LONG, 0, 8, "the metadata are longer than the limit"},
               {PL_HTTP2_NO_MEMORY, 0, 8, "the answer is longer than the limit, or out of memory"},
               {PL_HTTP2_INVALID, 0, 13, "the session's words"}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    pl_grpc_call c;
    set_up(&c);
    c.s.end = cases[i].end;
    c.s.code = cases[i].code;
    expect_status(&c, cases[i].status, cases[i].message);
    pl_grpc_call_fini(&c);
  }
}

static void statuses_have_names(void **state)
{
  (void)state;
  assert_string_equal(pl_grpc_status_name(0), "OK");
  assert_string_equal(pl_grpc_status_name(16), "UNAUTHENTICATED");
  assert_string_equal(pl_grpc_status_name(17), "UNKNOWN");
  assert_string_equal(pl_grpc_status_name(-1), "UNKNOWN");
}

static void metadata_of_the_answer(void **state)
{
  pl_grpc_call c;
  pl_arena arena;
  pl_tree map;
  (void)state;
  set_up(&c);
  pl_arena_init(&arena, &pl_alloc_default, 1 << 16);
  (void)pl_buf_adds(&c.s.in, "HTTP/2 200\r\na: 1:2\r\nb: \r\n\r\n");
  (void)pl_buf_adds(&c.trailers, "grpc-status: 0\r\nx-bin: AP8B\r\ny-bin: AP4\r\nz-bin: A\r\ne-bin: \r\nbin: AP8B\r\n");
  assert_true(pl_grpc_call_metadata(&c, false, &arena, &map));
  assert_int_equal(map.n, 2);
  assert_true(pl_str_eqc(pl_tree_get(&map, "a")->as.string, "1:2"));
  assert_int_equal(pl_tree_get(&map, "b")->as.string.len, 0);
  assert_true(pl_grpc_call_metadata(&c, true, &arena, &map));
  assert_int_equal(map.n, 6);
  assert_true(pl_str_eq(pl_tree_get(&map, "x-bin")->as.string, PL_STR("\0\xff\1")));
  assert_true(pl_str_eq(pl_tree_get(&map, "y-bin")->as.string, PL_STR("\0\xfe")));
  assert_true(pl_str_eqc(pl_tree_get(&map, "z-bin")->as.string, "A")); /* no Base64 */
  assert_int_equal(pl_tree_get(&map, "e-bin")->as.string.len, 0);
  assert_true(pl_str_eqc(pl_tree_get(&map, "bin")->as.string, "AP8B"));
  pl_arena_fini(&arena);
  failing none;
  failing_init(&none, 1);
  pl_arena_init(&arena, &none.allocator, 1 << 16);
  assert_false(pl_grpc_call_metadata(&c, false, &arena, &map));
  pl_arena_fini(&arena);
  pl_grpc_call_fini(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_head_names_method_and_target),
      cmocka_unit_test(messages_are_compressed_where_that_is_asked_for),
      cmocka_unit_test(deadlines),
      cmocka_unit_test(metadata_are_texts_lists_and_bytes),
      cmocka_unit_test(nothing_is_smuggled_in_by_metadata),
      cmocka_unit_test(a_head_without_memory_and_beyond_its_limit),
      cmocka_unit_test(messages_go_up_in_pieces),
      cmocka_unit_test(a_message_that_was_taken_back_does_not_spoil_the_next),
      cmocka_unit_test(messages_come_down_whole),
      cmocka_unit_test(messages_that_are_none), cmocka_unit_test(compressed_messages),
      cmocka_unit_test(a_stream_that_ends_within_a_message),
      cmocka_unit_test(a_status_stands_in_the_trailers_or_alone_in_the_head),
      cmocka_unit_test(statuses_of_http),
      cmocka_unit_test(streams_that_broke),
      cmocka_unit_test(statuses_have_names),
      cmocka_unit_test(metadata_of_the_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
