/* Plain bytes without a socket: what is sent, what is collected, what is refused. */
#include "load/modules/plain.h"

#include <string.h>

#include "support/failing.h"

typedef struct fixture {
  pl_plain plain;
  pl_buf out;
  pl_protocol_request request;
  pl_error err;
} fixture;

static void begin(fixture *f, const pl_allocator *a)
{
  memset(f, 0, sizeof *f);
  assert_int_equal(pl_plain_open(&f->plain, NULL, NULL, a, NULL), PL_OK);
  pl_buf_init(&f->out, &pl_alloc_default, 1000);
}

static void end(fixture *f)
{
  pl_plain_close(&f->plain);
  pl_buf_fini(&f->out);
}

/* An operation with at most one argument and one option. */
static int operate(fixture *f, const char *operation, const char *text, const char *option, pl_tree value)
{
  pl_tree arg = pl_tree_text(pl_str_of(text ? text : "")), pair[] = {pl_tree_text(pl_str_of(option ? option : "")), value};
  pl_tree args = {.kind = PL_TREE_LIST, .n = text != NULL, .as.items = &arg}, named = {.kind = PL_TREE_MAP, .n = option != NULL, .as.items = pair};
  pl_buf_clear(&f->out);
  f->request = (pl_protocol_request){0};
  f->err = (pl_error){0};
  return pl_plain_begin(&f->plain, "tcp", pl_str_of(operation), &args, &named, &f->out, &f->request, &f->err);
}

/* What comes next: how much of it is taken. */
static size_t receive(fixture *f, const char *bytes, int progress)
{
  char data[100];
  size_t used = 0, len = strlen(bytes);
  const char *why;
  memcpy(data, bytes, len);
  assert_int_equal(pl_plain_receive(&f->plain, data, len, &used, &f->out, &why), progress);
  return used;
}

static void assert_value(fixture *f, const char *text)
{
  pl_tree value;
  int status = 9;
  const char *why;
  assert_int_equal(pl_plain_result(&f->plain, NULL, &value, &status, &why), PL_OK);
  assert_int_equal(status, 0);
  assert_true(pl_str_eqc(value.as.string, text));
}

/* The value of a send. */
static void assert_sent(fixture *f)
{
  pl_tree value;
  int status;
  const char *why;
  assert_int_equal(pl_plain_result(&f->plain, NULL, &value, &status, &why), PL_OK);
  assert_true(value.kind == PL_TREE_BOOLEAN && value.boolean);
}

static void what_is_sent(void **state)
{
  fixture f;
  (void)state;
  begin(&f, &pl_alloc_default);
  assert_int_equal(operate(&f, "send", "hello", NULL, (pl_tree){0}), PL_OK);
  assert_true(f.request.no_answer);
  assert_string_equal(f.request.label, "tcp send");
  assert_string_equal(pl_buf_cstr(&f.out), "hello");
  assert_sent(&f);
  assert_int_equal(operate(&f, "exchange", "PING", NULL, (pl_tree){0}), PL_OK);
  assert_false(f.request.no_answer);
  assert_int_equal(operate(&f, "receive", NULL, NULL, (pl_tree){0}), PL_OK);
  assert_int_equal(f.out.len, 0);
  end(&f);
}

/* An operation sees nothing of the one before. */
static void what_is_behind_the_end_is_left(void **state)
{
  fixture f;
  (void)state;
  begin(&f, &pl_alloc_default);
  assert_int_equal(operate(&f, "receive", NULL, "delimiter", pl_tree_text(PL_STR("\r\n"))), PL_OK);
  assert_int_equal(receive(&f, "", PL_PROTOCOL_MORE), 0);
  assert_int_equal(receive(&f, "one\r", PL_PROTOCOL_MORE), 4);
  assert_int_equal(receive(&f, "\ntwo", PL_PROTOCOL_DONE), 1);
  assert_value(&f, "one");
  assert_int_equal(operate(&f, "receive", NULL, "bytes", pl_tree_integer(2)), PL_OK);
  assert_value(&f, "");
  assert_int_equal(receive(&f, "two", PL_PROTOCOL_DONE), 2);
  assert_value(&f, "tw");
  end(&f);
}

/* What is behind it decides that an earlier end is one: nothing of that is taken. */
static void a_pattern_that_ends_before_what_came(void **state)
{
  fixture f;
  (void)state;
  begin(&f, &pl_alloc_default);
  assert_int_equal(operate(&f, "receive", NULL, "pattern", pl_tree_text(PL_STR("end\\B"))), PL_OK);
  assert_int_equal(receive(&f, "end", PL_PROTOCOL_MORE), 3);
  assert_int_equal(receive(&f, "less", PL_PROTOCOL_DONE), 0);
  assert_value(&f, "end");
  end(&f);
}

static void misuse(void **state)
{
  fixture f;
  (void)state;
  begin(&f, &pl_alloc_default);
  assert_int_equal(operate(&f, "send", NULL, NULL, (pl_tree){0}), PL_EINVAL);
  assert_string_equal(f.err.message, "tcp: send takes one text");
  assert_int_equal(operate(&f, "receive", "x", NULL, (pl_tree){0}), PL_EINVAL);
  assert_int_equal(operate(&f, "exchange", "x", "bytes", pl_tree_integer(-1)), PL_EINVAL);
  end(&f);
}

static void without_memory(void **state)
{
  fixture f;
  failing no;
  char data[] = "x";
  size_t used;
  const char *why = NULL;
  (void)state;
  failing_init(&no, 1);
  begin(&f, &no.allocator);
  assert_int_equal(operate(&f, "receive", NULL, NULL, (pl_tree){0}), PL_OK);
  assert_int_equal(pl_plain_receive(&f.plain, data, 1, &used, &f.out, &why), PL_ENOMEM);
  assert_non_null(strstr(why, "out of memory"));
  assert_value(&f, "");
  end(&f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_sent),
      cmocka_unit_test(what_is_behind_the_end_is_left),
      cmocka_unit_test(a_pattern_that_ends_before_what_came),
      cmocka_unit_test(misuse),
      cmocka_unit_test(without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
