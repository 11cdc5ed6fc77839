/* Descriptors: what protoc's say, and some by hand that it would not write. */
#include "format/protobuf_schema.h"

#include <string.h>

#include "base/error.h"
#include "format/protobuf_all.h"
#include "format/protobuf_wire.h"

static void methods_are_found(void **state)
{
  const pl_proto_schema *s = *state;
  const pl_proto_method *up = pl_proto_find_method(s, PL_STR("all.Service/Up")), *down = pl_proto_find_method(s, PL_STR("/all.Service/Down"));
  assert_true(up->client_streams && !up->server_streams);
  assert_true(!down->client_streams && down->server_streams);
  assert_true(pl_str_eqc(up->input, "all.All") && pl_str_eqc(up->output, "part.Part") && pl_str_eqc(down->output, "all.All.Inner"));
  assert_null(pl_proto_find_method(s, PL_STR("all.Service/None")));
  assert_null(pl_proto_schema_missing(s).data);
}

static void enums_are_found(void **state)
{
  const pl_proto_schema *s = *state;
  const pl_proto_enum *color = pl_proto_find_enum(s, PL_STR("all.Color"));
  assert_int_equal(color->n_values, 3);
  assert_true(pl_str_eqc(color->values[1].name, "RED"));
  assert_int_equal(color->values[1].number, 2);
  assert_int_equal(color->values[2].number, -1);
  assert_null(pl_proto_find_enum(s, PL_STR("Color")));
  assert_null(pl_proto_find_enum(s, PL_STR("all.All")));
}

static const pl_proto_field *field_of(const pl_proto_schema *s, const char *message, const char *name)
{
  const pl_proto_message *m = pl_proto_find_message(s, pl_str_of(message));
  assert_non_null(m);
  size_t i = 0;
  while (i < m->n_fields && !pl_str_eqc(m->fields[i].name, name))
    i++;
  assert_true(i < m->n_fields);
  return &m->fields[i];
}

/* Numbers in lists are packed in proto3 unless it says otherwise, in proto2 only where it says so; what may be missing is known. */
static void fields_are_what_their_syntax_makes_them(void **state)
{
  const pl_proto_schema *s = *state;
  assert_true(field_of(s, "all.All", "numbers")->packed);
  assert_false(field_of(s, "all.All", "loose")->packed);
  assert_false(field_of(s, "all.All", "texts")->packed);
  assert_false(field_of(s, "part.Part", "old")->packed);
  assert_false(field_of(s, "all.All", "an_int32")->present);
  assert_true(field_of(s, "all.All", "maybe")->present);
  assert_true(field_of(s, "all.All", "left")->present);
  assert_true(field_of(s, "all.All", "a_message")->present);
  assert_true(field_of(s, "part.Part", "n")->present);
}

static void types_are_named_in_full(void **state)
{
  const pl_proto_schema *s = *state;
  const pl_proto_field *counts = field_of(s, "all.All", "counts");
  assert_true(counts->repeated && pl_proto_find_message(s, counts->type_name)->map_entry);
  assert_true(pl_str_eqc(field_of(s, "all.All", "a_message")->type_name, "all.All.Inner"));
  assert_false(pl_proto_find_message(s, PL_STR("all.All.Inner"))->map_entry);
  assert_null(pl_proto_find_message(s, PL_STR("Inner")));
}

/* A set is its files, each behind a tag and a length. */
static void missing_files_are_named(void **state)
{
  (void)state;
  pl_proto_schema *s = pl_proto_schema_new(&pl_alloc_default);
  pl_str set = all_read("all.pb");
  pl_wire_field part, all;
  assert_int_equal(pl_wire_next(&set, &part), 1);
  assert_int_equal(pl_wire_next(&set, &all), 1);
  assert_int_equal(pl_proto_schema_file(s, all.bytes, NULL), PL_OK);
  assert_true(pl_str_eqc(pl_proto_schema_missing(s), "part.proto"));
  assert_int_equal(pl_proto_schema_file(s, part.bytes, NULL), PL_OK);
  assert_int_equal(pl_proto_schema_file(s, part.bytes, NULL), PL_OK);
  assert_null(pl_proto_schema_missing(s).data);
  pl_proto_schema_free(s);
}

static int code_of_set(pl_str set, pl_error *err)
{
  pl_proto_schema *s = pl_proto_schema_new(&pl_alloc_default);
  int code = pl_proto_schema_set(s, set, err);
  pl_proto_schema_free(s);
  return code;
}

static void what_is_no_descriptor_is_told(void **state)
{
  pl_str set = all_read("all.pb"), behind_one = set;
  pl_wire_field part;
  pl_error err = {0};
  (void)state;
  assert_int_equal(pl_wire_next(&behind_one, &part), 1);
  for (size_t n = 0; n <= set.len; n++) { /* cut between files it is whole */
    bool whole = n == 0 || n == set.len - behind_one.len || n == set.len;
    assert_int_equal(code_of_set((pl_str){set.data, n}, NULL), whole ? PL_OK : PL_EPROTO);
  }
  assert_int_equal(code_of_set(PL_STR("syntax = \"proto3\";"), &err), PL_EPROTO);
  assert_non_null(strstr(err.message, "no descriptor"));
}

/* ---- By hand ---------------------------------------------------------------------------------------- */

enum { FILE_NAME = 1, FILE_MESSAGE = 4, MESSAGE_NAME = 1, MESSAGE_FIELD = 2, MESSAGE_NESTED = 3, FIELD_NAME = 1, FIELD_NUMBER = 3, FIELD_TYPE = 5 };

static size_t begin(pl_buf *b, uint32_t number)
{
  pl_wire_put_tag(b, number, PL_WIRE_BYTES);
  return b->len;
}

static void put_text(pl_buf *b, uint32_t number, const char *text)
{
  size_t from = begin(b, number);
  assert_int_equal(pl_buf_adds(b, text), 0);
  pl_wire_put_length(b, from);
}

static void put_number(pl_buf *b, uint32_t number, uint64_t value)
{
  pl_wire_put_tag(b, number, PL_WIRE_VARINT);
  pl_wire_put_varint(b, value);
}

static int code_of_file(const pl_buf *b)
{
  pl_proto_schema *s = pl_proto_schema_new(&pl_alloc_default);
  int code = pl_proto_schema_file(s, (pl_str){b->data, b->len}, NULL);
  pl_proto_schema_free(s);
  return code;
}

/* name NULL: it has none. */
static void put_field(pl_buf *b, const char *name, uint64_t number, uint64_t type)
{
  size_t field = begin(b, MESSAGE_FIELD);
  if (name)
    put_text(b, FIELD_NAME, name);
  put_number(b, FIELD_NUMBER, number);
  put_number(b, FIELD_TYPE, type);
  pl_wire_put_length(b, field);
}

/* A file whose one message has one field. */
static int code_of_field(const char *name, uint64_t number, uint64_t type)
{
  pl_buf b;
  pl_buf_init(&b, &pl_alloc_default, 1 << 10);
  put_text(&b, FILE_NAME, "f.proto");
  size_t message = begin(&b, FILE_MESSAGE);
  put_text(&b, MESSAGE_NAME, "M");
  put_field(&b, name, number, type);
  pl_wire_put_length(&b, message);
  int code = code_of_file(&b);
  pl_buf_fini(&b);
  return code;
}

/* A file whose one message has fields of these numbers. */
static int code_of_numbers(uint64_t a, uint64_t b, uint64_t c)
{
  pl_buf out;
  pl_buf_init(&out, &pl_alloc_default, 1 << 10);
  put_text(&out, FILE_NAME, "f.proto");
  size_t message = begin(&out, FILE_MESSAGE);
  put_text(&out, MESSAGE_NAME, "M");
  put_field(&out, "a", a, PL_PROTO_DOUBLE);
  put_field(&out, "b", b, PL_PROTO_STRING);
  put_field(&out, "c", c, PL_PROTO_BOOL);
  pl_wire_put_length(&out, message);
  int code = code_of_file(&out);
  pl_buf_fini(&out);
  return code;
}

static void two_fields_of_one_number_are_refused(void **state)
{
  (void)state;
  assert_int_equal(code_of_numbers(3, 1, 2), PL_OK);
  assert_int_equal(code_of_numbers(2, 1, 2), PL_EPROTO);
}

static void fields_that_cannot_be_are_refused(void **state)
{
  (void)state;
  assert_int_equal(code_of_field("f", 1, PL_PROTO_DOUBLE), PL_OK);
  assert_int_equal(code_of_field("f", (1 << 29) - 1, PL_PROTO_SINT64), PL_OK);
  assert_int_equal(code_of_field("f", 1, PL_PROTO_DOUBLE - 1), PL_EPROTO);
  assert_int_equal(code_of_field("f", 1, PL_PROTO_SINT64 + 1), PL_EPROTO);
  assert_int_equal(code_of_field("f", 0, PL_PROTO_DOUBLE), PL_EPROTO);
  assert_int_equal(code_of_field("f", 1 << 29, PL_PROTO_DOUBLE), PL_EPROTO);
  assert_int_equal(code_of_field(NULL, 1, PL_PROTO_DOUBLE), PL_EPROTO);
}

static void put_nested(pl_buf *b, uint32_t number, int depth)
{
  size_t from = begin(b, number);
  put_text(b, MESSAGE_NAME, "m");
  if (depth)
    put_nested(b, MESSAGE_NESTED, depth - 1);
  pl_wire_put_length(b, from);
}

/* A message with so many in one another below it. */
static int code_of_depth(int depth)
{
  pl_buf b;
  pl_buf_init(&b, &pl_alloc_default, 1 << 12);
  put_text(&b, FILE_NAME, "f.proto");
  put_nested(&b, FILE_MESSAGE, depth);
  assert_int_equal(b.bad, 0);
  int code = code_of_file(&b);
  pl_buf_fini(&b);
  return code;
}

static void messages_nest_up_to_a_depth(void **state)
{
  (void)state;
  assert_int_equal(code_of_depth(PL_PROTO_DEPTH_MAX), PL_OK);
  assert_int_equal(code_of_depth(PL_PROTO_DEPTH_MAX + 1), PL_EPROTO);
}

static void a_file_has_a_name(void **state)
{
  pl_buf b;
  (void)state;
  pl_buf_init(&b, &pl_alloc_default, 1 << 10);
  put_nested(&b, FILE_MESSAGE, 0);
  assert_int_equal(code_of_file(&b), PL_EPROTO);
  put_text(&b, FILE_NAME, "f.proto");
  assert_int_equal(code_of_file(&b), PL_OK);
  pl_buf_fini(&b);
}

int main(void)
{
#define CASE(fn) cmocka_unit_test_setup_teardown(fn, all_set_up, all_tear_down)
  const struct CMUnitTest tests[] = {
      CASE(methods_are_found), CASE(enums_are_found), CASE(fields_are_what_their_syntax_makes_them), CASE(types_are_named_in_full),
      cmocka_unit_test(missing_files_are_named), cmocka_unit_test(what_is_no_descriptor_is_told),
      cmocka_unit_test(fields_that_cannot_be_are_refused), cmocka_unit_test(two_fields_of_one_number_are_refused),
      cmocka_unit_test(messages_nest_up_to_a_depth), cmocka_unit_test(a_file_has_a_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
