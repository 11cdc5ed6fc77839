/* PostgreSQL without a server: URLs and options, what operations refuse, request names. tests/integration/postgres_spec.lua has the
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

static const char *label(conversation *c, const char *operation, pl_tree *args, size_t n)
{
  return conversation_begin(c, operation, args, n, NULL) ? "refused" : c->request.label;
}

static void names(void **state)
{
  conversation c;
  pl_tree select[] = {word("  (select 1)"), word("x")}, two[] = {word("by_id"), word("select 1")};
  pl_tree list[] = {{.kind = PL_TREE_LIST, .n = 2, .as.items = select}};
  (void)state;
  conversation_open(&c, "sql", "postgresql://me@h/d", NULL);
  assert_string_equal(label(&c, "query", select, 2), "sql SELECT");
  assert_string_equal(label(&c, "execute", two, 1), "sql by_id");
  assert_string_equal(label(&c, "prepare", two, 2), "sql prepare");
  assert_string_equal(label(&c, "pipeline", list, 1), "sql pipeline");
  assert_string_equal(label(&c, "begin", NULL, 0), "sql begin");
  assert_string_equal(label(&c, "commit", NULL, 0), "sql commit");
  conversation_close(&c);
}

static void misuse(void **state)
{
  conversation c;
  pl_tree nul = pl_tree_text((pl_str){"a\0b", 3}), list = {.kind = PL_TREE_LIST};
  pl_tree number[] = {pl_tree_integer(1)}, with_nul[] = {word("select $1"), nul}, nested[] = {word("select $1"), list};
  pl_tree pair[2] = {word("isolation"), word("chaos")}, chaos = {.kind = PL_TREE_MAP, .n = 1, .as.items = pair};
  (void)state;
  conversation_open(&c, "sql", "postgresql://me@h/d", NULL);
  assert_string_equal(label(&c, "query", NULL, 0), "refused");
  assert_string_equal(label(&c, "query", number, 1), "refused");
  assert_string_equal(label(&c, "query", with_nul, 2), "refused");
  assert_string_equal(label(&c, "query", nested, 2), "refused");
  assert_string_equal(label(&c, "prepare", with_nul, 1), "refused");
  assert_string_equal(label(&c, "pipeline", NULL, 0), "refused");
  assert_string_equal(label(&c, "pipeline", with_nul, 1), "refused");
  assert_int_equal(conversation_begin(&c, "begin", NULL, 0, &chaos), PL_EINVAL);
  conversation_close(&c);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(urls), cmocka_unit_test(names), cmocka_unit_test(misuse)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
