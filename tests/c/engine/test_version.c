/* The versions of the library, and of what it was built with. */
#include <perilune/version.h>

#include <stdio.h>

#include "base/json.h"
#include "support/failing.h"

static void text_and_number_agree(void **state)
{
  char text[32];
  unsigned n = pl_version_number();
  (void)state;
  (void)snprintf(text, sizeof text, "%u.%u.%u", n / 1000000, n / 1000 % 1000, n % 1000);
  assert_string_equal(pl_version(), text);
  assert_string_equal(pl_version(), PL_VERSION);
  assert_int_equal(n, PL_VERSION_NUMBER);
}

static int note_key(void *user, const pl_json_event *e)
{
  static const char *const keys[] = {"version", "compiler", "lua", "libuv", "sqlite", "schema"};
  for (size_t i = 0; i < sizeof keys / sizeof *keys && e->kind == PL_JSON_KEY; i++)
    *(unsigned *)user |= pl_str_eqc(e->string, keys[i]) ? 1u << i : 0;
  return 0;
}

static void the_build_as_json(void **state)
{
  unsigned found = 0;
  pl_error err = {0};
  (void)state;
  if (pl_json_parse(&pl_alloc_default, pl_str_of(pl_build_info()), 4, note_key, &found, &err))
    fail_msg("%s", err.message);
  assert_int_equal(found, 0x3f);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(text_and_number_agree), cmocka_unit_test(the_build_as_json)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
