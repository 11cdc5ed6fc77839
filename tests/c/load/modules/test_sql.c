/* PostgreSQL without a server: URLs and options, and that operations are read. tests/integration/postgres_spec.lua has the
 * rest. */
#include "load/conversation.h"

static int open_code(const char *url, const pl_tree *options, const char *path)
{
  conversation c;
  pl_url parsed;
  pl_error err = {0};
  const pl_url_scheme schemes[] = {{"postgresql", 5432}, {"postgres", 5432}, {NULL, 0}};
  conversation_open(&c, "sql", "postgresql://me@h/d", NULL);
  void *state = pl_alloc_zero(&pl_alloc_default, 1, c.protocol->size);
  assert_int_equal(pl_url_parse_schemes(pl_str_of(url), schemes, &parsed, &err), PL_OK);
  int code = c.protocol->open(state, &parsed, options, &pl_alloc_default, &err);
  if (!code) {
    pl_str found = c.protocol->socket_path(state);
    assert_int_equal(found.len, strlen(path));
    assert_memory_equal(found.data, path, found.len);
  }
  c.protocol->close(state);
  pl_free(&pl_alloc_default, state, c.protocol->size);
  conversation_close(&c);
  return code;
}

static void urls(void **state)
{
  pl_tree pair[2] = {word("sslmode"), word("require")}, wrong[2] = {word("sslmod"), word("require")};
  pl_tree options = {.kind = PL_TREE_MAP, .n = 1, .as.items = pair}, bad = {.kind = PL_TREE_MAP, .n = 1, .as.items = wrong};
  char far[200] = "postgresql://me@h/d?host=/";
  (void)state;
  assert_int_equal(open_code("postgresql://me:a%40b@h:1/d?sslmode=disable&application_name=x", NULL, ""), PL_OK);
  assert_int_equal(open_code("postgres://me@h", &options, ""), PL_OK);
  assert_int_equal(open_code("postgresql://me@x:7/d?host=/run/pg", NULL, "/run/pg/.s.PGSQL.7"), PL_OK);
  assert_int_equal(open_code("postgresql://me@%2Frun%2Fpg/d", NULL, "/run/pg/.s.PGSQL.5432"), PL_OK);
  assert_int_equal(open_code("postgresql://h/d", NULL, ""), PL_EINVAL);
  assert_int_equal(open_code("postgresql://me@h/d?hostaddr=1.2.3.4", NULL, ""), PL_EINVAL);
  assert_int_equal(open_code("postgresql://me@h/d", &bad, ""), PL_EINVAL);
  assert_int_equal(open_code("postgresql://m%00e@h/d", NULL, ""), PL_EINVAL);
  memset(far + strlen(far), 'x', 120);
  assert_int_equal(open_code(far, NULL, ""), PL_EINVAL);
}

static void operations_and_their_names(void **state)
{
  conversation c;
  pl_tree select[] = {word("  (select 1)"), word("x")};
  (void)state;
  conversation_open(&c, "sql", "postgresql://me@h/d", NULL);
  assert_int_equal(conversation_begin(&c, "query", select, 2, NULL), PL_OK);
  assert_string_equal(c.request.label, "sql SELECT");
  assert_int_equal(c.sent.len, 0); /* libpq sends it */
  assert_int_equal(conversation_begin(&c, "prepare", select, 1, NULL), PL_EINVAL);
  conversation_close(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(urls), cmocka_unit_test(operations_and_their_names)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
