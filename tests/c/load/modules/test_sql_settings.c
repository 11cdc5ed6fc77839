/* URLs and options as libpq's parameters, without a server. */
#include "load/modules/sql_settings.h"

#include <string.h>

#include "base/error.h"
#include "support/failing.h"

typedef struct fixture {
  pl_sql_settings s;
  pl_error err;
} fixture;

static int read_with(fixture *f, const pl_allocator *a, const char *text, const pl_tree *options)
{
  const pl_url_scheme schemes[] = {{"postgresql", 5432}, {NULL, 0}};
  pl_url url;
  memset(f, 0, sizeof *f);
  assert_int_equal(pl_url_parse_schemes(pl_str_of(text), schemes, &url, NULL), PL_OK);
  return pl_sql_settings_read(&f->s, &url, options, a, &f->err);
}

static void read_good(fixture *f, const char *url, const pl_tree *options)
{
  if (read_with(f, &pl_alloc_default, url, options))
    fail_msg("%s", f->err.message);
}

static const char *value_of(const fixture *f, const char *keyword)
{
  const char *value = NULL;
  for (size_t i = 0; i < f->s.n; i++) {
    if (strcmp(f->s.keywords[i], keyword) == 0) {
      assert_null(value); /* each once */
      value = f->s.values[i];
    }
  }
  assert_non_null(value);
  return value;
}

static void expect_refused(const char *url, const pl_tree *options, const char *why)
{
  fixture f;
  assert_int_equal(read_with(&f, &pl_alloc_default, url, options), PL_EINVAL);
  assert_non_null(strstr(f.err.message, why));
  pl_sql_settings_free(&f.s);
}

static void a_url_in_full(void **state)
{
  fixture f;
  (void)state;
  read_good(&f, "postgresql://us%65r:p%3Aw%40d@db.example:5433/my%20db?sslmode=require&application_name=a%26b", NULL);
  assert_string_equal(value_of(&f, "host"), "db.example");
  assert_string_equal(value_of(&f, "port"), "5433");
  assert_string_equal(value_of(&f, "user"), "user");
  assert_string_equal(value_of(&f, "password"), "p:w@d");
  assert_string_equal(value_of(&f, "dbname"), "my db");
  assert_string_equal(value_of(&f, "sslmode"), "require");
  assert_string_equal(value_of(&f, "application_name"), "a&b");
  assert_string_equal(f.s.socket_path, "");
  pl_sql_settings_free(&f.s);
}

static void what_is_not_said(void **state)
{
  fixture f;
  (void)state;
  read_good(&f, "postgresql://me@h", NULL);
  assert_string_equal(value_of(&f, "port"), "5432");
  assert_string_equal(value_of(&f, "dbname"), "me");
  assert_string_equal(value_of(&f, "sslmode"), "prefer");
  assert_string_equal(value_of(&f, "application_name"), "perilune");
  assert_string_equal(value_of(&f, "client_encoding"), "UTF8");
  assert_string_equal(value_of(&f, "gssencmode"), "disable");
  pl_sql_settings_free(&f.s);
}

/* An option counts more than the URL, and is no piece of a URL. */
static void the_last_one_counts(void **state)
{
  pl_tree items[] = {pl_tree_text(PL_STR("user")), pl_tree_text(PL_STR("b%20")), pl_tree_text(PL_STR("dbname")), pl_tree_integer(7)};
  pl_tree options = {.kind = PL_TREE_MAP, .n = 2, .as.items = items};
  fixture f;
  (void)state;
  read_good(&f, "postgresql://a@h/x?dbname=y&dbname=z", &options);
  assert_string_equal(value_of(&f, "user"), "b%20");
  assert_string_equal(value_of(&f, "dbname"), "7");
  pl_sql_settings_free(&f.s);
  read_good(&f, "postgresql://a@h/x?dbname=y&dbname=z", NULL);
  assert_string_equal(value_of(&f, "dbname"), "z");
  pl_sql_settings_free(&f.s);
}

/* Files of passwords, programs and encodings are not the script's to say. */
static void what_nobody_may_say(void **state)
{
  static const char *const names[] = {"passfile", "client_encoding", "hostaddr", "port", "service", "gssencmode", "tcp_user_timeout", "User", ""};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    pl_tree items[] = {pl_tree_text(pl_str_of(names[i])), pl_tree_text(PL_STR("x"))}, options = {.kind = PL_TREE_MAP, .n = 1, .as.items = items};
    expect_refused("postgresql://me@h", &options, "unknown parameter");
  }
  expect_refused("postgresql://me@h/?passfile=x", NULL, "unknown parameter \"passfile\"");
}

static void values_that_are_none(void **state)
{
  static char longer[4200];
  pl_tree items[] = {pl_tree_text(PL_STR("user")), {.kind = PL_TREE_LIST}}, options = {.kind = PL_TREE_MAP, .n = 1, .as.items = items};
  (void)state;
  expect_refused("postgresql://me@h", &options, "a table { parameter = text }");
  items[1] = pl_tree_text(PL_STR("a\0b"));
  expect_refused("postgresql://me@h", &options, "user holds a NUL");
  items[0] = pl_tree_integer(1);
  expect_refused("postgresql://me@h", &options, "a table { parameter = text }");
  expect_refused("postgresql://me@h/a%00b", NULL, "dbname holds a NUL");
  expect_refused("postgresql://h/db", NULL, "the user is missing");
  memset(longer, 'x', sizeof longer - 1);
  memcpy(longer, "postgresql://me@h/", 18);
  expect_refused(longer, NULL, "dbname is longer than 4096 bytes");
}

static void a_unix_socket(void **state)
{
  pl_tree items[] = {pl_tree_text(PL_STR("host")), pl_tree_text(PL_STR("/run/pg"))}, options = {.kind = PL_TREE_MAP, .n = 1, .as.items = items};
  char path[108];
  fixture f;
  (void)state;
  read_good(&f, "postgresql://me@h:5433", &options);
  assert_string_equal(f.s.socket_path, "/run/pg/.s.PGSQL.5433");
  pl_sql_settings_free(&f.s);
  memset(path, 'd', sizeof path);
  path[0] = '/';
  items[1] = pl_tree_text((pl_str){path, 107 - strlen("/.s.PGSQL.5432")});
  read_good(&f, "postgresql://me@h", &options);
  assert_int_equal(strlen(f.s.socket_path), 107);
  pl_sql_settings_free(&f.s);
  items[1].as.string.len++;
  expect_refused("postgresql://me@h", &options, "longer than 107 bytes");
}

static int read_and_free(const pl_allocator *a, void *user)
{
  fixture f;
  int code = read_with(&f, a, "postgresql://me:secret@h/db?sslmode=disable", user);
  assert_int_equal(code, f.err.code);
  pl_sql_settings_free(&f.s);
  return code;
}

static void memory_is_refused(void **state)
{
  (void)state;
  failing_every(read_and_free, NULL, 50);
}

/* libpq knows each of the parameters, and takes the address that it is given. */
static void a_connection_goes_to_the_address(void **state)
{
  fixture f;
  (void)state;
  read_good(&f, "postgresql://me@nowhere.invalid:1/db?sslmode=disable", NULL);
  PGconn *conn = pl_sql_settings_connect(&f.s, "127.0.0.1");
  assert_non_null(conn);
  assert_string_equal(PQhost(conn), "nowhere.invalid");
  assert_string_equal(PQhostaddr(conn), "127.0.0.1");
  assert_string_equal(PQdb(conn), "db");
  assert_null(strstr(PQerrorMessage(conn), "invalid connection option"));
  PQfinish(conn);
  pl_sql_settings_free(&f.s);
}

static void a_connection_by_a_unix_socket(void **state)
{
  pl_tree items[] = {pl_tree_text(PL_STR("host")), pl_tree_text(PL_STR("/nonexistent"))}, options = {.kind = PL_TREE_MAP, .n = 1, .as.items = items};
  fixture f;
  (void)state;
  read_good(&f, "postgresql://me@h", &options);
  PGconn *conn = pl_sql_settings_connect(&f.s, "");
  assert_non_null(conn);
  assert_int_equal(PQstatus(conn), CONNECTION_BAD);
  assert_non_null(strstr(PQerrorMessage(conn), f.s.socket_path));
  PQfinish(conn);
  pl_sql_settings_free(&f.s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_url_in_full),
      cmocka_unit_test(what_is_not_said),
      cmocka_unit_test(the_last_one_counts),
      cmocka_unit_test(what_nobody_may_say),
      cmocka_unit_test(values_that_are_none),
      cmocka_unit_test(a_unix_socket),
      cmocka_unit_test(memory_is_refused),
      cmocka_unit_test(a_connection_goes_to_the_address),
      cmocka_unit_test(a_connection_by_a_unix_socket),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
