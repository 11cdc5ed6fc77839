/* Engines: options of hosts of any age, copies of what they point to, host functions, memory. */
#include "engine/hosted.h"

static void older_hosts_have_smaller_options(void **state)
{
  pl_options o;
  (void)state;
  memset(&o, 0xff, sizeof o);
  pl_options_init(&o, offsetof(pl_options, db_path));
  assert_int_equal(o.size, offsetof(pl_options, db_path));
  pl_engine *e = hosted_engine(&o); /* what lies beyond its size is not looked at */
  pl_engine_free(e);
  pl_options none = {0};
  pl_error err = {0};
  assert_int_equal(pl_engine_new(&none, &e, &err), PL_EINVAL);
}

static void every_byte_comes_from_the_hosts_allocator_and_goes_back(void **state)
{
  failing f;
  pl_options o;
  (void)state;
  failing_init(&f, 0);
  pl_options_init(&o, sizeof o);
  o.allocator = f.allocator;
  pl_engine *e = hosted_engine(&o);
  pl_run *run = hosted_run(e, QUICK);
  assert_true(f.live > 100000);
  (void)pl_run_wait(run, NULL);
  pl_run_free(run);
  pl_engine_free(e);
  assert_int_equal(f.live, 0);
}

/* An engine of its own copies: the host's strings are gone when it is used. */
static void what_options_point_to_is_copied(void **state)
{
  static hosted h;
  char key[] = "db", value[] = "x.db", host[] = "shop.example";
  const char *hosts[] = {host};
  pl_pair setting = {key, value};
  (void)state;
  hosted_open(&h, "local o = require('perilune.core.engine').options()\n"
                  "return { main = function() require('perilune.core.engine').write('result', o.settings.db .. o.trusted_hosts[1] .. o.columns) end }", NULL);
  pl_engine_free(h.engine);
  h.options.settings = &setting;
  h.options.n_settings = 1;
  h.options.trusted_hosts = hosts;
  h.options.n_trusted_hosts = 1;
  h.engine = hosted_engine(&h.options);
  memset(key, '?', sizeof key - 1);
  memset(value, '?', sizeof value - 1);
  memset(host, '?', sizeof host - 1);
  (void)hosted_command(&h, "x");
  assert_string_equal(h.shown, "x.dbshop.example80");
  hosted_close(&h);
}

static int open_with_all(const pl_allocator *a, void *user)
{
  static const char *const hosts[] = {"a.example", "b.example"};
  static const pl_pair settings[] = {{"db", "x.db"}, {"seed", "7"}};
  pl_options o;
  pl_engine *e = NULL;
  (void)user;
  pl_options_init(&o, sizeof o);
  o.allocator = *a;
  o.db_path = "x.db";
  o.policy_path = "policy.lua";
  o.lua_dir = "lua";
  o.module_dir = "modules";
  o.trusted_hosts = hosts;
  o.n_trusted_hosts = 2;
  o.settings = settings;
  o.n_settings = 2;
  int code = pl_engine_new(&o, &e, NULL);
  pl_engine_free(e);
  return code;
}

/* What was not copied yet is the host's, and is not freed. */
static void refused_memory_is_said_and_nothing_of_the_hosts_is_freed(void **state)
{
  (void)state;
  failing_every(open_with_all, NULL, 30);
}

static int nothing(void *user, const pl_value *args, size_t n, pl_value *result, pl_error *err)
{
  (void)user, (void)args, (void)n, (void)result, (void)err;
  return 0;
}

static void names_of_host_functions(void **state)
{
  static const char *const bad[] = {"", "Upper", "1st", "a-b", "caf\xc3\xa9", "a_name_that_is_longer_than_the_sixty_three_bytes_that_are_allowed_it"};
  char name[16];
  pl_options o;
  pl_error err = {0};
  (void)state;
  pl_options_init(&o, sizeof o);
  pl_engine *e = hosted_engine(&o);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(pl_register(e, bad[i], nothing, NULL, NULL), PL_EINVAL);
  assert_int_equal(pl_register(e, "a", NULL, NULL, NULL), PL_EINVAL);
  for (int i = 0; i < 256; i++) {
    (void)snprintf(name, sizeof name, "f%d", i);
    assert_int_equal(pl_register(e, name, nothing, NULL, NULL), PL_OK);
  }
  assert_int_equal(pl_register(e, "f7", nothing, NULL, &err), PL_EEXIST);
  assert_int_equal(pl_register(e, "one_more", nothing, NULL, NULL), PL_ELIMIT);
  pl_engine_free(e);
  pl_engine_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(older_hosts_have_smaller_options),
                                     cmocka_unit_test(every_byte_comes_from_the_hosts_allocator_and_goes_back),
                                     cmocka_unit_test(what_options_point_to_is_copied),
                                     cmocka_unit_test(refused_memory_is_said_and_nothing_of_the_hosts_is_freed),
                                     cmocka_unit_test(names_of_host_functions)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
