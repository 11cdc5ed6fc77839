/* Messages of Protocol Buffers, there and back by their schema. */
#include "format/protobuf.h"

#include <string.h>

#include "base/error.h"
#include "format/protobuf_all.h"

/* A tree as text: lists in brackets, maps in braces. */
static void write_tree(pl_buf *out, const pl_tree *t)
{
  char scratch[32];
  bool map = t->kind == PL_TREE_MAP;
  if (t->kind != PL_TREE_LIST && !map) {
    pl_str text = pl_tree_as_text(t, scratch);
    (void)pl_buf_addf(out, t->kind == PL_TREE_STRING ? "'%.*s'" : "%.*s", (int)text.len, text.data);
    return;
  }
  (void)pl_buf_addc(out, map ? '{' : '[');
  for (size_t i = 0; i < t->n; i++) {
    if (i)
      (void)pl_buf_addc(out, ' ');
    if (map) {
      write_tree(out, &t->as.items[2 * i]);
      (void)pl_buf_addc(out, '=');
    }
    write_tree(out, &t->as.items[map ? 2 * i + 1 : i]);
  }
  (void)pl_buf_addc(out, map ? '}' : ']');
}

/* Decodes bytes as a message of that name; the text of it in *text. */
static int decode(const pl_proto_schema *s, const char *name, pl_str bytes, pl_arena *arena, pl_tree *tree, pl_buf *text)
{
  int code = pl_proto_decode(s, pl_proto_find_message(s, pl_str_of(name)), bytes, arena, tree);
  pl_buf_clear(text);
  if (!code)
    write_tree(text, tree);
  return code;
}

static void every_type_goes_both_ways(void **state)
{
  static const char want[] =
      "{'a_double'=1.5 'a_float'=-2.25 'an_int64'=-3 'a_uint64'=-1 'an_int32'=-5 'a_fixed64'=6 'a_fixed32'=7 'a_bool'=true 'a_string'='nine' "
      "'a_message'={'again'={'a_double'=0 'a_float'=0 'an_int64'=0 'a_uint64'=0 'an_int32'=0 'a_fixed64'=0 'a_fixed32'=0 'a_bool'=false "
      "'a_string'='deep' 'some_bytes'='' 'a_uint32'=0 'a_color'='NONE' 'an_sfixed32'=0 'an_sfixed64'=0 'an_sint32'=0 'an_sint64'=0 'numbers'=[] "
      "'texts'=[] 'loose'=[] 'counts'={} 'parts'={} 'inners'=[]} 'name'='in'} ";
  static const char rest[] =
      "'a_uint32'=12 'a_color'='RED' 'an_sfixed32'=-14 'an_sfixed64'=-15 'an_sint32'=-16 'an_sint64'=-17 'numbers'=[1 -2 300] 'texts'=['a' ''] "
      "'loose'=[1 2] 'counts'={'k'=21} 'parts'={-9={'name'='p' 'n'=4 'old'=[7 8]}} 'right'='MINUS' 'maybe'=0 'inners'=[{'name'=''} {'name'='i'}]}";
  const pl_proto_schema *s = *state;
  pl_arena arena, second;
  pl_buf text, bytes;
  pl_tree tree, again;
  pl_arena_init(&arena, &pl_alloc_default, 1 << 20);
  pl_arena_init(&second, &pl_alloc_default, 1 << 20);
  pl_buf_init(&text, &pl_alloc_default, 1 << 20);
  pl_buf_init(&bytes, &pl_alloc_default, 1 << 20);
  assert_int_equal(decode(s, "all.All", all_read("all.bin"), &arena, &tree, &text), PL_OK);
  assert_memory_equal(text.data, want, sizeof want - 1);
  assert_non_null(memmem(text.data, text.len, rest, sizeof rest - 1));
  pl_str first = {pl_buf_cstr(&text), text.len};
  char kept[4096];
  assert_true(first.len < sizeof kept);
  memcpy(kept, first.data, first.len);
  assert_int_equal(pl_proto_encode(s, pl_proto_find_message(s, PL_STR("all.All")), &tree, &bytes, NULL), PL_OK);
  assert_int_equal(decode(s, "all.All", (pl_str){bytes.data, bytes.len}, &second, &again, &text), PL_OK);
  assert_int_equal(text.len, first.len);
  assert_memory_equal(text.data, kept, text.len);
  pl_arena_fini(&arena);
  pl_arena_fini(&second);
  pl_buf_fini(&text);
  pl_buf_fini(&bytes);
}

/* One field of all.All set to v must be refused with words that have `why` in them. */
static void expect_refused(const pl_proto_schema *s, const char *field, pl_tree v, const char *why)
{
  pl_tree pair[] = {pl_tree_text(pl_str_of(field)), v}, map = {.kind = PL_TREE_MAP, .n = 1, .as.items = pair};
  pl_error err = {0};
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, 1 << 16);
  assert_int_equal(pl_proto_encode(s, pl_proto_find_message(s, PL_STR("all.All")), &map, &out, &err), PL_EINVAL);
  if (!strstr(err.message, why))
    fail_msg("\"%s\" has no \"%s\"", err.message, why);
  pl_buf_fini(&out);
}

static void what_does_not_fit_is_named(void **state)
{
  const pl_proto_schema *s = *state;
  pl_tree list = {.kind = PL_TREE_LIST};
  expect_refused(s, "nothing", pl_tree_integer(1), "all.All has no field \"nothing\"");
  expect_refused(s, "an_int32", pl_tree_number(1.5), "all.All.an_int32: a whole number");
  expect_refused(s, "an_int32", pl_tree_integer(INT64_C(1) << 31), "does not fit");
  expect_refused(s, "a_uint32", pl_tree_integer(-1), "does not fit");
  expect_refused(s, "an_int64", pl_tree_text(PL_STR("9223372036854775808")), "a whole number");
  expect_refused(s, "an_int64", pl_tree_text(PL_STR("-9223372036854775809")), "a whole number");
  expect_refused(s, "a_uint64", pl_tree_text(PL_STR("-1")), "a whole number");
  expect_refused(s, "a_bool", pl_tree_integer(1), "true or false");
  expect_refused(s, "a_string", pl_tree_integer(1), "a text");
  expect_refused(s, "a_double", pl_tree_text(PL_STR("1")), "a number");
  expect_refused(s, "a_color", pl_tree_text(PL_STR("BLUE")), "no value of the enum");
  expect_refused(s, "a_message", pl_tree_text(PL_STR("x")), "all.All.Inner: a table");
  expect_refused(s, "numbers", pl_tree_integer(1), "a list");
  expect_refused(s, "counts", pl_tree_integer(1), "a list");
  expect_refused(s, "a_string", list, "a text");
  pl_tree pair[] = {pl_tree_text(PL_STR("x")), pl_tree_integer(1)}, map = {.kind = PL_TREE_MAP, .n = 1, .as.items = pair};
  expect_refused(s, "parts", map, "all.All.PartsEntry.key: a whole number");
}

static void of_a_oneof_there_is_one(void **state)
{
  const pl_proto_schema *s = *state;
  pl_tree both[] = {pl_tree_text(PL_STR("left")), pl_tree_text(PL_STR("l")), pl_tree_text(PL_STR("maybe")), pl_tree_integer(1),
                    pl_tree_text(PL_STR("right")), pl_tree_text(PL_STR("RED"))};
  pl_tree map = {.kind = PL_TREE_MAP, .n = 3, .as.items = both};
  pl_error err = {0};
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, 1 << 16);
  assert_int_equal(pl_proto_encode(s, pl_proto_find_message(s, PL_STR("all.All")), &map, &out, &err), PL_EINVAL);
  assert_string_equal(err.message, "all.All.right: it is of one oneof with left, which is there, too");
  both[1] = (pl_tree){0}; /* nil: it is not there */
  assert_int_equal(pl_proto_encode(s, pl_proto_find_message(s, PL_STR("all.All")), &map, &out, &err), PL_OK);
  pl_buf_fini(&out);
}

/* One field of all.All set to v, written and read again: its text. */
static void expect_read(const pl_proto_schema *s, const char *field, pl_tree v, const char *want)
{
  pl_tree pair[] = {pl_tree_text(pl_str_of(field)), v}, map = {.kind = PL_TREE_MAP, .n = 1, .as.items = pair}, tree;
  pl_arena arena;
  pl_buf bytes, text;
  pl_arena_init(&arena, &pl_alloc_default, 1 << 20);
  pl_buf_init(&bytes, &pl_alloc_default, 1 << 16);
  pl_buf_init(&text, &pl_alloc_default, 1 << 16);
  assert_int_equal(pl_proto_encode(s, pl_proto_find_message(s, PL_STR("all.All")), &map, &bytes, NULL), PL_OK);
  assert_int_equal(decode(s, "all.All", (pl_str){bytes.data, bytes.len}, &arena, &tree, &text), PL_OK);
  pl_buf_clear(&text);
  write_tree(&text, pl_tree_get(&tree, field));
  assert_string_equal(pl_buf_cstr(&text), want);
  pl_arena_fini(&arena);
  pl_buf_fini(&bytes);
  pl_buf_fini(&text);
}

static void texts_are_numbers_and_lists_are_maps(void **state)
{
  const pl_proto_schema *s = *state;
  pl_tree name[] = {pl_tree_text(PL_STR("name")), pl_tree_text(PL_STR("p"))}, part = {.kind = PL_TREE_MAP, .n = 1, .as.items = name};
  pl_tree parts[] = {part, part};
  expect_read(s, "an_int64", pl_tree_text(PL_STR("-9223372036854775808")), "-9223372036854775808");
  expect_read(s, "an_sint64", pl_tree_text(PL_STR("9223372036854775807")), "9223372036854775807");
  expect_read(s, "a_uint64", pl_tree_text(PL_STR("18446744073709551615")), "-1");
  expect_read(s, "parts", (pl_tree){.kind = PL_TREE_LIST, .n = 2, .as.items = parts}, "{1={'name'='p' 'old'=[]} 2={'name'='p' 'old'=[]}}");
}

static void wrong_bytes_are_told(void **state)
{
  static const struct {
    const char *bytes;
    size_t len;
  } wrong[] = {
      {"\x4a\x05" "abc", 5},       /* a text that is cut */
      {"\x48\x01", 2},             /* a text that is a number */
      {"\x92\x01\x02\x80\x80", 5}, /* packed numbers that are cut */
  };
  const pl_proto_schema *s = *state;
  pl_arena arena;
  pl_buf text;
  pl_tree tree;
  pl_arena_init(&arena, &pl_alloc_default, 1 << 20);
  pl_buf_init(&text, &pl_alloc_default, 1 << 20);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_int_equal(decode(s, "all.All", (pl_str){wrong[i].bytes, wrong[i].len}, &arena, &tree, &text), PL_EPROTO);
  pl_str whole = all_read("all.bin");
  for (size_t n = 0; n < whole.len; n++)
    (void)decode(s, "all.All", (pl_str){whole.data, n}, &arena, &tree, &text);
  char deep[4096]; /* all.All in all.All.Inner in all.All ...: lengths that lie */
  memset(deep, 0x0a, sizeof deep);
  (void)decode(s, "all.All.Inner", (pl_str){deep, sizeof deep}, &arena, &tree, &text);
  assert_int_equal(decode(s, "all.All", (pl_str){"\x7b\x08\x01\x7c\xf8\xff\xff\xff\x0f\x01", 10}, &arena, &tree, &text), PL_OK); /* unknown */
  pl_arena_fini(&arena);
  pl_buf_fini(&text);
}

static int read_and_write(const pl_allocator *a, void *user)
{
  pl_str set = all_read("all.pb");
  pl_arena arena;
  pl_tree tree;
  pl_buf out;
  (void)user;
  pl_arena_init(&arena, a, 1 << 20);
  pl_buf_init(&out, a, 1 << 20);
  pl_proto_schema *s = pl_proto_schema_new(a);
  int code = s ? pl_proto_schema_set(s, set, NULL) : PL_ENOMEM;
  const pl_proto_message *m = code ? NULL : pl_proto_find_message(s, PL_STR("all.All"));
  if (!code)
    code = pl_proto_decode(s, m, all_read("all.bin"), &arena, &tree);
  if (!code)
    code = pl_proto_encode(s, m, &tree, &out, NULL);
  pl_proto_schema_free(s);
  pl_arena_fini(&arena);
  pl_buf_fini(&out);
  return code;
}

static void memory_may_run_out(void **state)
{
  (void)state;
  failing_every(read_and_write, NULL, 1000);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, all_set_up, all_tear_down)
  const struct CMUnitTest tests[] = {
      CASE(every_type_goes_both_ways), CASE(what_does_not_fit_is_named), CASE(texts_are_numbers_and_lists_are_maps),
      CASE(of_a_oneof_there_is_one),
      CASE(wrong_bytes_are_told), cmocka_unit_test(memory_may_run_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
