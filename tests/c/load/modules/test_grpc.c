/* gRPC as scripts speak it: calls and streams by the descriptors of format/protobuf, over frames that the test writes. */
#include "load/conversation.h"

#include "base/error.h"
#include "format/protobuf_all.h"
#include "format/protobuf_wire.h"
#include "load/modules/http2_frames.h"

typedef struct fixture {
  conversation c;
  pl_buf frames;              /* from the server */
  pl_tree args[2], list, named; /* of the operation */
  pl_error err;
} fixture;

/* A connection that stands. descriptors: given, else the server is asked. */
static void begin(fixture *f, bool descriptors)
{
  pl_tree pair[] = {word("descriptors"), pl_tree_text(all_read("all.pb"))}, options = {.kind = PL_TREE_MAP, .n = 1, .as.items = pair};
  memset(f, 0, sizeof *f);
  conversation_open(&f->c, "grpc", "grpc://h:50051", descriptors ? &options : NULL);
  pl_buf_init(&f->frames, &pl_alloc_default, 1 << 20);
  assert_int_equal(f->c.protocol->greet(f->c.state, &f->c.sent, &f->c.why), PL_PROTOCOL_DONE);
  add_frame(&f->frames, SETTINGS, 0, 0, PL_STR(""));
}

static void end(fixture *f)
{
  pl_buf_fini(&f->frames);
  conversation_close(&f->c);
}

/* One operation, of a text and a table, whose bytes are c.sent then. */
static int operate(fixture *f, const char *operation, const char *path, pl_tree message)
{
  size_t n = 0;
  if (path)
    f->args[n++] = word(path);
  f->args[n++] = message;
  f->list = (pl_tree){.kind = PL_TREE_LIST, .n = n, .as.items = f->args};
  f->err = (pl_error){0};
  f->c.request = (pl_protocol_request){0};
  pl_buf_clear(&f->c.sent);
  return f->c.protocol->begin(f->c.state, pl_str_of(operation), &f->list, &f->named, &f->c.sent, &f->c.request, &f->err);
}

static int look(fixture *f)
{
  char none[1] = "";
  size_t used = 0;
  return f->c.protocol->receive(f->c.state, none, 0, &used, &f->c.sent, &f->c.why);
}

/* Takes what the server wrote in pieces of that size. */
static int hear(fixture *f, size_t piece)
{
  int code = conversation_feed(&f->c, f->frames.data, f->frames.len, piece);
  pl_buf_clear(&f->frames);
  return code;
}

static pl_tree nothing(void)
{
  return (pl_tree){.kind = PL_TREE_LIST};
}

static void add_head(fixture *f, unsigned id)
{
  add_frame(&f->frames, HEADERS, END_HEADERS, id, OK_STATUS);
}

static void add_trailers(fixture *f, unsigned id, const char *status)
{
  pl_buf fields;
  pl_buf_init(&fields, &pl_alloc_default, 100);
  add_field(&fields, "grpc-status", status);
  add_frame(&f->frames, HEADERS, END_HEADERS | END, id, (pl_str){fields.data, fields.len});
  pl_buf_fini(&fields);
}

static bool says(const fixture *f, const char *text, size_t len)
{
  return f->c.sent.len && memmem(f->c.sent.data, f->c.sent.len, text, len);
}

/* ---- Calls --------------------------------------------------------------------------------------- */

static void a_side_that_streams_is_a_list(void **state)
{
  pl_tree field[] = {word("a_string"), word("hi")}, both[2];
  both[0] = both[1] = (pl_tree){.kind = PL_TREE_MAP, .n = 1, .as.items = field};
  (void)state;
  for (size_t piece = 1; piece < 3000; piece += 2000) {
    fixture f;
    begin(&f, true);
    assert_int_equal(operate(&f, "call", "all.Service/Up", (pl_tree){.kind = PL_TREE_LIST, .n = 2, .as.items = both}), PL_OK);
    assert_string_equal(f.c.request.label, "grpc all.Service/Up");
    assert_int_equal(look(&f), PL_PROTOCOL_MORE);
    assert_true(says(&f, "\0\0\0\0\4\x4a\2hi\0\0\0\0\4\x4a\2hi", 18));
    assert_int_equal(hear(&f, piece), PL_PROTOCOL_MORE);
    assert_false(f.c.protocol->answers(f.c.state)); /* its settings came */
    add_head(&f, 1);
    assert_int_equal(hear(&f, piece), PL_PROTOCOL_MORE);
    assert_true(f.c.protocol->answers(f.c.state));
    add_message_frame(&f.frames, 1, PL_STR("\x0a\1p\x10\7"));
    add_trailers(&f, 1, "0");
    assert_int_equal(hear(&f, piece), PL_PROTOCOL_DONE);
    assert_string_equal(conversation_value(&f.c), "{\"name\"=\"p\",\"n\"=7,\"old\"=[]}");
    assert_int_equal(f.c.status, 0);
    assert_int_equal(operate(&f, "call", "all.Service/Down", nothing()), PL_OK);
    add_head(&f, 3);
    add_message_frame(&f.frames, 3, PL_STR("\x12\1a"));
    add_message_frame(&f.frames, 3, PL_STR("\x12\1b"));
    add_trailers(&f, 3, "0");
    assert_int_equal(hear(&f, piece), PL_PROTOCOL_DONE);
    assert_string_equal(conversation_value(&f.c), "[{\"name\"=\"a\"},{\"name\"=\"b\"}]");
    end(&f);
  }
}

static void a_status_that_is_not_ok(void **state)
{
  static const char want[] = "{\"code\"=5,\"status\"=\"NOT_FOUND\",\"message\"=\"no tea\",\"trailers\"={";
  fixture f;
  (void)state;
  begin(&f, true);
  assert_int_equal(operate(&f, "call", "all.Service/Down", nothing()), PL_OK);
  add_status_alone(&f.frames, 1, "5", "no%20tea");
  assert_int_equal(hear(&f, 1000), PL_PROTOCOL_DONE);
  assert_memory_equal(conversation_value(&f.c), want, sizeof want - 1);
  assert_int_equal(f.c.status, 5);
  assert_string_equal(f.c.why, "NOT_FOUND: no tea");
  end(&f);
}

static void expect_internal(const char *message, size_t len, const char *why)
{
  fixture f;
  begin(&f, true);
  assert_int_equal(operate(&f, "call", "all.Service/Up", nothing()), PL_OK);
  add_head(&f, 1);
  if (len)
    add_frame(&f.frames, DATA, 0, 1, (pl_str){message, len});
  add_trailers(&f, 1, "0");
  assert_int_equal(hear(&f, 1000), PL_PROTOCOL_DONE);
  (void)conversation_value(&f.c);
  assert_int_equal(f.c.status, 13);
  assert_non_null(strstr(f.c.why, why));
  end(&f);
}

static void answers_that_are_none(void **state)
{
  (void)state;
  expect_internal("", 0, "the server gave no message");
  expect_internal("\0\0\0\0\0\0\0\0\0\0", 10, "the server gave no message"); /* but two */
  expect_internal("\1\0\0\0\0", 5, "compressed, and not as gzip or deflate");
  expect_internal("\2\0\0\0\0", 5, "neither plain nor compressed");
  expect_internal("\0\0\0\0\3\x0a\1p\0\0\0", 11, "the last message is cut");
  expect_internal("\0\0\0\0\1\xff", 6, "not as it is described");
}

static void a_deadline_ends_the_operation(void **state)
{
  pl_tree soon[] = {word("deadline"), word("200ms")};
  fixture f;
  (void)state;
  begin(&f, true);
  f.named = (pl_tree){.kind = PL_TREE_MAP, .n = 1, .as.items = soon};
  assert_int_equal(operate(&f, "call", "all.Service/Down", nothing()), PL_OK);
  assert_int_equal(f.c.request.limit_ns, 700000000); /* and half a second in which the server may say so */
  f.named = (pl_tree){0};
  assert_int_equal(operate(&f, "call", "all.Service/Down", nothing()), PL_OK);
  assert_int_equal(f.c.request.limit_ns, 0);
  end(&f);
}

static void misuse_is_the_scripts(void **state)
{
  pl_tree bad[] = {word("no_such_field"), word("x")}, message = {.kind = PL_TREE_MAP, .n = 1, .as.items = bad};
  pl_tree late[] = {word("deadline"), word("soon")}, early[] = {word("deadline"), pl_tree_integer(-1)};
  fixture f;
  (void)state;
  begin(&f, true);
  assert_int_equal(operate(&f, "call", "Down", nothing()), PL_EINVAL);
  assert_non_null(strstr(f.err.message, "package.Service/Method"));
  assert_int_equal(operate(&f, "call", "all.Service/None", nothing()), PL_EINVAL);
  assert_non_null(strstr(f.err.message, "no method all.Service/None"));
  assert_int_equal(operate(&f, "call", "all.Service/Up", message), PL_EINVAL);
  assert_non_null(strstr(f.err.message, "a list of messages"));
  assert_int_equal(operate(&f, "call", "all.Service/Down", message), PL_EINVAL);
  assert_non_null(strstr(f.err.message, "no_such_field"));
  f.named = (pl_tree){.kind = PL_TREE_MAP, .n = 1, .as.items = late};
  assert_int_equal(operate(&f, "call", "all.Service/Down", nothing()), PL_EINVAL);
  f.named.as.items = early;
  assert_int_equal(operate(&f, "call", "all.Service/Down", nothing()), PL_EINVAL);
  assert_non_null(strstr(f.err.message, "deadline"));
  end(&f);
}

/* ---- Streams ------------------------------------------------------------------------------------- */

/* What a script caught an error of does not go out with its next message. */
static void a_message_that_is_wrong_is_not_sent(void **state)
{
  pl_tree good[] = {word("a_string"), word("hi")}, bad[] = {word("a_string"), word("lost"), word("no_such_field"), word("x")};
  pl_tree right = {.kind = PL_TREE_MAP, .n = 1, .as.items = good}, wrong = {.kind = PL_TREE_MAP, .n = 2, .as.items = bad};
  fixture f;
  (void)state;
  begin(&f, true);
  assert_int_equal(operate(&f, "stream", "all.Service/Up", nothing()), PL_OK);
  assert_int_equal(look(&f), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&f.c), "true");
  assert_int_equal(operate(&f, "send", NULL, wrong), PL_EINVAL);
  assert_int_equal(f.c.sent.len, 0);
  assert_int_equal(operate(&f, "send", NULL, right), PL_OK);
  assert_int_equal(look(&f), PL_PROTOCOL_DONE);
  assert_int_equal(f.c.sent.len, 18);
  assert_memory_equal(f.c.sent.data, "\0\0\x09\0\0\0\0\0\1\0\0\0\0\4\x4a\2hi", 18);
  assert_int_equal(operate(&f, "finish", NULL, nothing()), PL_OK);
  assert_memory_equal(f.c.sent.data, "\0\0\0\0\1\0\0\0\1", 9); /* no bytes, and the end */
  assert_int_equal(operate(&f, "send", NULL, right), PL_EINVAL);
  assert_non_null(strstr(f.err.message, "takes no further message"));
  end(&f);
}

static void messages_are_received_one_by_one(void **state)
{
  fixture f;
  (void)state;
  begin(&f, true);
  assert_int_equal(operate(&f, "stream", "all.Service/Down", nothing()), PL_OK);
  assert_int_equal(look(&f), PL_PROTOCOL_DONE);
  add_head(&f, 1);
  add_message_frame(&f.frames, 1, PL_STR("\x12\1a"));
  add_message_frame(&f.frames, 1, PL_STR("\x12\1b"));
  assert_int_equal(operate(&f, "receive", NULL, nothing()), PL_OK);
  assert_int_equal(hear(&f, 1000), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&f.c), "{\"name\"=\"a\"}");
  assert_int_equal(operate(&f, "receive", NULL, nothing()), PL_OK);
  assert_int_equal(look(&f), PL_PROTOCOL_DONE); /* it is there already */
  assert_string_equal(conversation_value(&f.c), "{\"name\"=\"b\"}");
  assert_int_equal(operate(&f, "receive", NULL, nothing()), PL_OK);
  assert_int_equal(look(&f), PL_PROTOCOL_MORE);
  add_trailers(&f, 1, "0");
  assert_int_equal(hear(&f, 1000), PL_PROTOCOL_DONE);
  assert_string_equal(conversation_value(&f.c), "nil");
  assert_int_equal(f.c.status, 0);
  end(&f);
}

static void expect_unavailable(fixture *f, const char *why)
{
  assert_int_equal(look(f), PL_PROTOCOL_DONE);
  (void)conversation_value(&f->c);
  assert_int_equal(f->c.status, 14);
  assert_non_null(strstr(f->c.why, why));
}

static void without_a_stream(void **state)
{
  static const char *const operations[] = {"send", "receive", "finish"};
  fixture f;
  (void)state;
  begin(&f, true);
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(operate(&f, operations[i], NULL, nothing()), PL_OK);
    expect_unavailable(&f, "no stream is open");
  }
  end(&f);
}

/* ---- Connections --------------------------------------------------------------------------------- */

/* Whether or not it must be asked what it speaks: the script gets a status. */
static void a_server_that_goes_is_unavailable(void **state)
{
  (void)state;
  for (int descriptors = 0; descriptors < 2; descriptors++) {
    fixture f;
    begin(&f, descriptors);
    add_frame(&f.frames, GOAWAY, 0, 0, PL_STR("\0\0\0\0\0\0\0\0"));
    (void)hear(&f, 1000);
    assert_int_equal(operate(&f, "call", "all.Service/Down", nothing()), PL_OK);
    expect_unavailable(&f, "the server ends the connection");
    end(&f);
  }
}

static void a_connection_that_breaks(void **state)
{
  fixture f;
  (void)state;
  begin(&f, true);
  assert_int_equal(operate(&f, "call", "all.Service/Down", nothing()), PL_OK);
  assert_int_equal(f.c.protocol->ended(f.c.state, &f.c.why), PL_ERESET);
  assert_non_null(strstr(f.c.why, "closed the connection"));
  pl_buf_clear(&f.frames);
  (void)pl_buf_adds(&f.frames, "HTTP/1.1 400 Bad Request\r\n\r\n");
  assert_int_equal(hear(&f, 1000), PL_EPROTO);
  assert_memory_equal(f.c.why, "grpc: HTTP/2: ", 14);
  assert_int_equal(f.c.protocol->greet(f.c.state, &f.c.sent, &f.c.why), PL_PROTOCOL_DONE); /* the next one */
  assert_int_equal(operate(&f, "call", "all.Service/Down", nothing()), PL_OK);
  assert_int_equal(look(&f), PL_PROTOCOL_MORE);
  end(&f);
}

/* ---- Several at the same time --------------------------------------------------------------------- */

static pl_tree first_named = {.kind = PL_TREE_MAP}; /* options of the first of two */

/* Two calls, of which at most so many are in flight. */
static int operate_two(fixture *f, pl_tree parts[2], int64_t parallel)
{
  static pl_tree lists[2][2], args[2][2], option[2];
  f->list = (pl_tree){.kind = PL_TREE_LIST, .n = 2, .as.items = parts};
  for (int i = 0; i < 2; i++) {
    args[i][0] = word(i ? "all.Service/Down" : "all.Service/Up");
    args[i][1] = nothing();
    lists[i][0] = (pl_tree){.kind = PL_TREE_LIST, .n = 2, .as.items = args[i]};
    lists[i][1] = i ? (pl_tree){.kind = PL_TREE_MAP} : first_named;
    parts[i] = (pl_tree){.kind = PL_TREE_LIST, .n = 2, .as.items = lists[i]};
  }
  option[0] = word("parallel");
  option[1] = pl_tree_integer(parallel);
  pl_tree named = {.kind = PL_TREE_MAP, .n = 1, .as.items = option};
  f->err = (pl_error){0};
  f->c.request = (pl_protocol_request){0};
  pl_buf_clear(&f->c.sent);
  return f->c.protocol->begin(f->c.state, PL_STR("batch"), &f->list, &named, &f->c.sent, &f->c.request, &f->err);
}

static unsigned reached(const fixture *f, size_t i)
{
  return f->c.protocol->part(f->c.state, i);
}

static void calls_at_the_same_time_end_in_any_order(void **state)
{
  enum { ALL = PL_PART_BEGUN | PL_PART_SENT | PL_PART_ANSWERED | PL_PART_DONE };
  pl_tree parts[2], value = {0};
  fixture f;
  (void)state;
  begin(&f, true);
  assert_int_equal(operate_two(&f, parts, 2), PL_OK);
  assert_string_equal(f.c.protocol->part_label(f.c.state, 1), "grpc all.Service/Down");
  assert_int_equal(look(&f), PL_PROTOCOL_MORE);
  assert_true(reached(&f, 0) == (PL_PART_BEGUN | PL_PART_SENT) && reached(&f, 1) == reached(&f, 0));
  add_status_alone(&f.frames, 3, "5", "no tea");
  assert_int_equal(hear(&f, 1000), PL_PROTOCOL_MORE);
  assert_true(reached(&f, 0) == (PL_PART_BEGUN | PL_PART_SENT) && reached(&f, 1) == ALL);
  add_head(&f, 1);
  add_message_frame(&f.frames, 1, PL_STR("\x0a\1p"));
  add_trailers(&f, 1, "0");
  assert_int_equal(hear(&f, 1000), PL_PROTOCOL_DONE);
  assert_int_equal(reached(&f, 0), ALL);
  assert_int_equal(f.c.protocol->part_result(f.c.state, 0, &f.c.arena, &value, &f.c.status, &f.c.why), PL_OK);
  assert_true(f.c.status == 0 && pl_str_eqc(pl_tree_get_string(&value, "name", (pl_str){"", 0}), "p"));
  assert_int_equal(f.c.protocol->part_result(f.c.state, 1, &f.c.arena, &value, &f.c.status, &f.c.why), PL_OK);
  assert_int_equal(f.c.status, 5);
  assert_string_equal(f.c.why, "NOT_FOUND: no tea");
  end(&f);
}

static void no_more_calls_than_asked_for_are_in_flight(void **state)
{
  pl_tree parts[2];
  fixture f;
  (void)state;
  begin(&f, true);
  assert_int_equal(operate_two(&f, parts, 1), PL_OK);
  assert_int_equal(look(&f), PL_PROTOCOL_MORE);
  assert_true(reached(&f, 0) == (PL_PART_BEGUN | PL_PART_SENT) && reached(&f, 1) == 0);
  add_status_alone(&f.frames, 1, "5", "no tea");
  assert_int_equal(hear(&f, 1000), PL_PROTOCOL_MORE);
  assert_int_equal(reached(&f, 1), PL_PART_BEGUN | PL_PART_SENT);
  end(&f); /* with a call in flight */
}

static void a_part_ends_by_a_deadline_of_its_own(void **state)
{
  pl_tree parts[2], soon[] = {word("deadline"), word("200ms")};
  bool ended = false;
  fixture f;
  (void)state;
  begin(&f, true);
  first_named = (pl_tree){.kind = PL_TREE_MAP, .n = 1, .as.items = soon};
  assert_int_equal(operate_two(&f, parts, 1), PL_OK);
  first_named = (pl_tree){.kind = PL_TREE_MAP};
  assert_int_equal(look(&f), PL_PROTOCOL_MORE);
  uint64_t (*limits)(void *, uint64_t, bool *) = f.c.protocol->part_limits;
  assert_int_equal(limits(f.c.state, 1000, &ended), 700001000);
  assert_int_equal(limits(f.c.state, 700000999, &ended), 700001000);
  assert_false(ended);
  assert_int_equal(limits(f.c.state, 700001000, &ended), 0);
  assert_true(ended);
  assert_int_equal(reached(&f, 0), PL_PART_DONE | PL_PART_LATE);
  assert_int_equal(look(&f), PL_PROTOCOL_MORE); /* the place is free: the next one goes out, behind a word to the server */
  assert_int_equal(reached(&f, 1), PL_PART_BEGUN | PL_PART_SENT);
  ended = false;
  assert_true(limits(f.c.state, 800000000, &ended) == 0 && !ended);
  add_status_alone(&f.frames, 1, "0", ""); /* too late */
  add_status_alone(&f.frames, 3, "5", "no tea");
  assert_int_equal(hear(&f, 1000), PL_PROTOCOL_DONE);
  assert_int_equal(reached(&f, 0), PL_PART_DONE | PL_PART_LATE);
  end(&f);
}

/* ---- What the server says of itself -------------------------------------------------------------- */

static void add_files(fixture *f)
{
  pl_buf answer;
  pl_str files = all_read("all.pb");
  pl_buf_init(&answer, &pl_alloc_default, 1 << 16);
  pl_wire_put_tag(&answer, 4, PL_WIRE_BYTES);
  pl_wire_put_varint(&answer, files.len);
  (void)pl_buf_add(&answer, files.data, files.len);
  add_head(f, 1);
  add_message_frame(&f->frames, 1, (pl_str){answer.data, answer.len});
  pl_buf_fini(&answer);
}

static void a_server_is_asked_once(void **state)
{
  fixture f;
  (void)state;
  begin(&f, false);
  assert_int_equal(operate(&f, "call", "all.Service/Down", nothing()), PL_OK);
  assert_true(says(&f, "all.Service", 11) && f.c.request.prepares);
  add_files(&f);
  assert_int_equal(hear(&f, 100000), PL_PROTOCOL_DONE);
  assert_int_equal(operate(&f, "call", "all.Service/Down", nothing()), PL_OK);
  assert_false(f.c.request.prepares);
  add_status_alone(&f.frames, 3, "16", "");
  assert_int_equal(hear(&f, 1000), PL_PROTOCOL_DONE);
  (void)conversation_value(&f.c);
  assert_int_equal(f.c.status, 16);
  assert_int_equal(operate(&f, "call", "all.Service/Down", nothing()), PL_OK);
  assert_false(says(&f, "all.Service", 11));
  add_status_alone(&f.frames, 5, "7", "");
  assert_int_equal(hear(&f, 1000), PL_PROTOCOL_DONE);
  (void)conversation_value(&f.c);
  assert_int_equal(f.c.status, 7);
  end(&f);
}

static void a_method_that_the_server_has_not(void **state)
{
  fixture f;
  (void)state;
  begin(&f, false);
  assert_int_equal(operate(&f, "call", "all.Service/None", nothing()), PL_OK);
  add_files(&f);
  assert_int_equal(hear(&f, 100000), PL_PROTOCOL_DONE);
  for (int i = 0; i < 2; i++) { /* it is not asked again */
    assert_int_equal(operate(&f, "call", "all.Service/None", nothing()), PL_OK);
    assert_true(f.c.request.known && f.c.sent.len == 0);
    assert_int_equal(look(&f), PL_PROTOCOL_DONE);
    (void)conversation_value(&f.c);
    assert_int_equal(f.c.status, 12);
    assert_string_equal(f.c.why, "UNIMPLEMENTED: the service has no method all.Service/None");
  }
  assert_int_equal(operate(&f, "call", "all.Service/Down", nothing()), PL_OK);
  assert_false(f.c.request.known);
  end(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_side_that_streams_is_a_list),
      cmocka_unit_test(a_status_that_is_not_ok),
      cmocka_unit_test(answers_that_are_none),
      cmocka_unit_test(a_deadline_ends_the_operation),
      cmocka_unit_test(misuse_is_the_scripts),
      cmocka_unit_test(a_message_that_is_wrong_is_not_sent),
      cmocka_unit_test(messages_are_received_one_by_one),
      cmocka_unit_test(without_a_stream),
      cmocka_unit_test(a_server_that_goes_is_unavailable),
      cmocka_unit_test(a_connection_that_breaks),
      cmocka_unit_test(calls_at_the_same_time_end_in_any_order),
      cmocka_unit_test(no_more_calls_than_asked_for_are_in_flight),
      cmocka_unit_test(a_part_ends_by_a_deadline_of_its_own),
      cmocka_unit_test(a_server_is_asked_once),
      cmocka_unit_test(a_method_that_the_server_has_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
