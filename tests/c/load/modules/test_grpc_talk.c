/* A call and its method, without a session: messages out of tables and back. */
#include "load/modules/grpc_talk.h"

#include <string.h>

#include "base/error.h"
#include "format/protobuf_all.h"
#include "support/failing.h"

typedef struct fixture {
  pl_proto_schema *schema;
  pl_grpc_talk talk;
  pl_arena arena;
  pl_tree value;
  const char *why;
} fixture;

static void begin(fixture *f, const char *method)
{
  memset(f, 0, sizeof *f);
  f->schema = pl_proto_schema_new(&pl_alloc_default);
  assert_int_equal(pl_proto_schema_set(f->schema, all_read("all.pb"), NULL), PL_OK);
  pl_grpc_talk_init(&f->talk, &pl_alloc_default);
  pl_arena_init(&f->arena, &pl_alloc_default, 1 << 20);
  f->talk.method = pl_proto_find_method(f->schema, pl_str_of(method));
  assert_non_null(f->talk.method);
}

static void end(fixture *f)
{
  pl_grpc_talk_fini(&f->talk);
  pl_proto_schema_free(f->schema);
  pl_arena_fini(&f->arena);
}

static void hears(fixture *f, const char *bytes, size_t len)
{
  assert_int_equal(pl_buf_add(&f->talk.call.down, bytes, len), PL_OK);
}

static void a_client_that_streams_says_a_list(void **state)
{
  pl_tree field[] = {pl_tree_text(PL_STR("a_string")), pl_tree_text(PL_STR("hi"))}, both[2];
  pl_tree list = {.kind = PL_TREE_LIST, .n = 2, .as.items = both};
  pl_error err = {0};
  fixture f;
  (void)state;
  both[0] = both[1] = (pl_tree){.kind = PL_TREE_MAP, .n = 1, .as.items = field};
  begin(&f, "all.Service/Up");
  assert_int_equal(pl_grpc_talk_begin(&f.talk, f.schema, &list, true, &err), PL_OK);
  assert_memory_equal(f.talk.call.up.data, "\0\0\0\0\4\x4a\2hi\0\0\0\0\4\x4a\2hi", 18);
  assert_true(f.talk.call.up_end);
  assert_int_equal(pl_grpc_talk_begin(&f.talk, f.schema, &both[0], true, &err), PL_EINVAL);
  assert_non_null(strstr(err.message, "takes a list of messages"));
  assert_int_equal(pl_grpc_talk_begin(&f.talk, f.schema, &both[0], false, &err), PL_OK); /* it will say more */
  assert_false(f.talk.call.up_end);
  field[0] = pl_tree_text(PL_STR("no_such"));
  size_t before = f.talk.call.up.len;
  assert_int_equal(pl_grpc_talk_say(&f.talk, f.schema, &both[0], &err), PL_EINVAL);
  assert_int_equal(f.talk.call.up.len, before);
  end(&f);
}

static void a_server_that_streams_gives_a_list(void **state)
{
  fixture f;
  (void)state;
  begin(&f, "all.Service/Down");
  hears(&f, "\0\0\0\0\3\x12\1a\0\0\0\0\3\x12\1b\0\0\0\0\3\x12", 22); /* the last one is cut */
  assert_true(pl_grpc_talk_has_message(&f.talk));
  assert_int_equal(pl_grpc_talk_next(&f.talk, f.schema, &f.arena, &f.value, &f.why), PL_OK);
  assert_true(pl_str_eqc(pl_tree_get_string(&f.value, "name", (pl_str){"", 0}), "a"));
  assert_int_equal(pl_grpc_talk_rest(&f.talk, f.schema, &f.arena, &f.value, &f.why), PL_OK);
  assert_true(f.value.kind == PL_TREE_LIST && f.value.n == 1);
  assert_false(pl_grpc_talk_has_message(&f.talk));
  end(&f);
}

static void one_message_is_needed_where_one_is_promised(void **state)
{
  fixture f;
  (void)state;
  begin(&f, "all.Service/Up");
  assert_int_equal(pl_grpc_talk_rest(&f.talk, f.schema, &f.arena, &f.value, &f.why), PL_EPROTO);
  assert_string_equal(f.why, "the server gave no message");
  hears(&f, "\0\0\0\0\0", 5);
  assert_int_equal(pl_grpc_talk_rest(&f.talk, f.schema, &f.arena, &f.value, &f.why), PL_OK);
  assert_int_equal(pl_grpc_talk_wrap(&f.talk, &f.arena, &f.value), PL_OK);
  assert_int_equal(pl_tree_get(&f.value, "message")->kind, PL_TREE_MAP);
  assert_int_equal(pl_tree_get(&f.value, "trailers")->n, 0);
  end(&f);
}

static void what_failed_is_reported(void **state)
{
  int status;
  fixture f;
  (void)state;
  begin(&f, "all.Service/Up");
  assert_false(pl_grpc_talk_failed(&f.talk));
  pl_grpc_talk_answer(&f.talk, 12, "no such method");
  assert_true(pl_grpc_talk_failed(&f.talk));
  assert_int_equal(pl_grpc_talk_report(&f.talk, &f.arena, &f.value, &status, &f.why), PL_OK);
  assert_int_equal(status, 12);
  assert_string_equal(f.why, "UNIMPLEMENTED: no such method");
  assert_true(pl_str_eqc(pl_tree_get_string(&f.value, "message", (pl_str){"", 0}), "no such method"));
  assert_int_equal(pl_tree_get_integer(&f.value, "code", 0), 12);
  end(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_client_that_streams_says_a_list), cmocka_unit_test(a_server_that_streams_gives_a_list),
                                     cmocka_unit_test(one_message_is_needed_where_one_is_promised), cmocka_unit_test(what_failed_is_reported)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
