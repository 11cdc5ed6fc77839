/* What a server says of itself, by frames that the test writes. */
#include "load/modules/grpc_reflection.h"

#include "base/error.h"
#include "format/protobuf_all.h"
#include "format/protobuf_wire.h"
#include "load/modules/http2_frames.h"
#include "load/modules/http2_session.h"

enum { FILES = 4, REFUSAL = 7 }; /* fields of an answer */

typedef struct fixture {
  void *context, *session;
  pl_buf out, frames; /* to the server, and from it */
  pl_grpc_reflection r;
  pl_proto_schema *schema;
} fixture;

static void open_session(fixture *f, const pl_allocator *a)
{
  memset(f, 0, sizeof *f);
  pl_buf_init(&f->out, &pl_alloc_default, 1 << 20);
  pl_buf_init(&f->frames, &pl_alloc_default, 1 << 20);
  assert_int_equal(pl_http2_context_new(&pl_alloc_default, &f->context), PL_OK);
  assert_int_equal(pl_http2_open(f->context, &f->session), PL_OK);
  f->schema = pl_proto_schema_new(&pl_alloc_default);
  pl_grpc_reflection_init(&f->r, a);
  add_frame(&f->frames, SETTINGS, 0, 0, PL_STR(""));
}

static int begin_asking(fixture *f)
{
  return pl_grpc_reflection_begin(&f->r, PL_STR("all.Service"), PL_STR("h:1"), false, f->session, &f->out);
}

/* The session takes what the server wrote. */
static void take_frames(fixture *f)
{
  assert_int_equal(pl_http2_receive(f->session, f->frames.data, f->frames.len, 1), PL_OK);
  pl_buf_clear(&f->frames);
  for (pl_http2_stream *s; (s = pl_http2_over(f->session)) != NULL;)
    pl_grpc_call_ended((pl_grpc_call *)(void *)s, pl_http2_why(f->session));
}

/* The same, and it is looked at; f->out is what the server hears then. */
static int hear(fixture *f)
{
  take_frames(f);
  int code = pl_grpc_reflection_step(&f->r, f->schema, PL_STR("h:1"), false, f->session, &f->out);
  pl_buf_clear(&f->out);
  assert_int_equal(pl_http2_send(f->session, &f->out, SIZE_MAX), PL_OK);
  return code;
}

/* The question is on its way. */
static void begin(fixture *f)
{
  open_session(f, &pl_alloc_default);
  assert_int_equal(begin_asking(f), PL_OK);
  assert_true(f->r.active);
  assert_int_equal(hear(f), 0);
}

static void end(fixture *f)
{
  pl_http2_close(f->session);
  pl_http2_context_free(f->context);
  pl_grpc_reflection_fini(&f->r);
  pl_proto_schema_free(f->schema);
  pl_buf_fini(&f->out);
  pl_buf_fini(&f->frames);
}

/* A further answer of one field on stream 1. */
static void answer_more(fixture *f, uint32_t field, pl_str bytes)
{
  pl_buf message;
  pl_buf_init(&message, &pl_alloc_default, 1 << 16);
  pl_wire_put_tag(&message, field, PL_WIRE_BYTES);
  pl_wire_put_varint(&message, bytes.len);
  (void)pl_buf_add(&message, bytes.data, bytes.len);
  add_message_frame(&f->frames, 1, (pl_str){message.data, message.len});
  pl_buf_fini(&message);
}

/* The first one. */
static void answer(fixture *f, uint32_t field, pl_str bytes)
{
  add_frame(&f->frames, HEADERS, END_HEADERS, 1, OK_STATUS);
  answer_more(f, field, bytes);
}

/* One file of all.pb, which is a list of files as an answer has it. */
static pl_str file(size_t i)
{
  pl_str files = all_read("all.pb"), rest = files;
  pl_wire_field field;
  const char *from;
  do {
    from = rest.data;
    assert_int_equal(pl_wire_next(&rest, &field), 1);
  } while (i-- > 0);
  return (pl_str){from, (size_t)(rest.data - from)};
}

static bool says(const fixture *f, const char *text)
{
  return f->out.len && memmem(f->out.data, f->out.len, text, strlen(text));
}

static void expect_failed(fixture *f, int code, const char *why)
{
  assert_int_equal(hear(f), code);
  assert_string_equal(f->r.why, why);
  assert_false(f->r.active);
  end(f);
}

/* ---- Answers ------------------------------------------------------------------------------------- */

static void all_files_at_once(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  answer(&f, FILES, all_read("all.pb"));
  assert_int_equal(hear(&f), 1);
  assert_false(f.r.active);
  assert_non_null(pl_proto_find_method(f.schema, PL_STR("all.Service/Up")));
  assert_true(f.out.len >= 13 && f.out.data[3] == RESET); /* the stream is not needed any more */
  end(&f);
}

/* The question is the name of the service; then the file that is missing is asked for on the same stream. */
static void imports_are_asked_for(void **state)
{
  fixture f;
  (void)state;
  open_session(&f, &pl_alloc_default);
  assert_int_equal(begin_asking(&f), PL_OK);
  assert_int_equal(hear(&f), 0);
  assert_true(says(&f, "\x22\x0b" "all.Service")); /* file_containing_symbol */
  answer(&f, FILES, file(1));
  assert_int_equal(hear(&f), 0);
  assert_true(f.r.active);
  assert_true(says(&f, "\x1a\x0a" "part.proto")); /* file_by_filename */
  answer_more(&f, FILES, file(0));
  assert_int_equal(hear(&f), 1);
  assert_non_null(pl_proto_find_message(f.schema, PL_STR("part.Part")));
  end(&f);
}

static void a_server_that_refuses(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  answer(&f, REFUSAL, PL_STR("\x08\x05\x12\x07" "unknown"));
  expect_failed(&f, PL_ENOENT, "reflection: unknown");
  begin(&f);
  answer(&f, REFUSAL, PL_STR("\x08\x05"));
  expect_failed(&f, PL_ENOENT, "reflection: no reason given");
}

static void files_that_are_none(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  answer(&f, FILES, PL_STR("\x0a\x02\xff\xff"));
  assert_int_equal(hear(&f), PL_EPROTO);
  assert_false(f.r.active);
  assert_memory_equal(f.r.why, "reflection: ", 12);
  assert_true(f.r.why[12] != '\0');
  end(&f);
  begin(&f);
  add_frame(&f.frames, HEADERS, END_HEADERS, 1, OK_STATUS);
  add_frame(&f.frames, DATA, 0, 1, PL_STR("\1\0\0\0\0"));
  expect_failed(&f, PL_ENOENT, "reflection: grpc: a message is compressed, and not as gzip or deflate");
}

/* ---- Ends of the stream -------------------------------------------------------------------------- */

static void an_older_server_is_asked_again(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  add_status_alone(&f.frames, 1, "12", "unknown service");
  assert_int_equal(hear(&f), 0);
  assert_true(f.r.active && f.r.alpha);
  assert_true(says(&f, "all.Service"));
  add_status_alone(&f.frames, 3, "12", "unknown service");
  expect_failed(&f, PL_ENOENT, "reflection: the server does not offer it; give the scenario descriptors = \"x.proto\"");
}

static void an_end_says_why(void **state)
{
  static const char *const cases[][3] = {{"16", "who are you?", "reflection: who are you?"}, {"7", "", "reflection: PERMISSION_DENIED"},
                                         {"0", "", "reflection: the server gave no answer"}};
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    fixture f;
    begin(&f);
    add_status_alone(&f.frames, 1, cases[i][0], cases[i][1]);
    expect_failed(&f, PL_ENOENT, cases[i][2]);
  }
}

/* It takes no further stream for the older question: nothing is waited for. */
static void a_server_that_goes(void **state)
{
  fixture f;
  (void)state;
  begin(&f);
  add_status_alone(&f.frames, 1, "12", "");
  add_frame(&f.frames, GOAWAY, 0, 0, PL_STR("\0\0\0\1\0\0\0\0"));
  expect_failed(&f, PL_ELIMIT, "reflection: the server ends the connection");
  open_session(&f, &pl_alloc_default);
  add_frame(&f.frames, GOAWAY, 0, 0, PL_STR("\0\0\0\0\0\0\0\0"));
  take_frames(&f);
  assert_int_equal(begin_asking(&f), PL_ELIMIT);
  assert_false(f.r.active);
  end(&f);
}

/* ---- Memory -------------------------------------------------------------------------------------- */

static int ask_with(const pl_allocator *a, void *user)
{
  fixture f;
  (void)user;
  open_session(&f, a);
  int code = begin_asking(&f);
  assert_int_equal(f.r.active, code == PL_OK);
  end(&f);
  return code;
}

static void a_question_without_memory_is_not_asked(void **state)
{
  (void)state;
  failing_every(ask_with, NULL, 10);
}

/* The question went out, and no room is left. */
static void an_import_without_memory_is_not_asked_for(void **state)
{
  fixture f;
  failing none;
  (void)state;
  failing_init(&none, 1);
  begin(&f);
  pl_buf_fini(&f.r.call.up);
  f.r.call.up.alloc = &none.allocator;
  answer(&f, FILES, file(1));
  expect_failed(&f, PL_ENOMEM, "reflection: out of memory");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_files_at_once),
      cmocka_unit_test(imports_are_asked_for),
      cmocka_unit_test(a_server_that_refuses),
      cmocka_unit_test(files_that_are_none),
      cmocka_unit_test(an_older_server_is_asked_again),
      cmocka_unit_test(an_end_says_why),
      cmocka_unit_test(a_server_that_goes),
      cmocka_unit_test(a_question_without_memory_is_not_asked),
      cmocka_unit_test(an_import_without_memory_is_not_asked_for),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
