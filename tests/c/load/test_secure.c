/* TLS of a client: settings have numbers, contexts are made once, the module is loaded when it is needed. Handshakes: modules/test_tls.c. */
#include "load/wire.h"

static void settings_are_known_by_their_address(void **state)
{
  wire *w = *state;
  pl_tls_settings one = {0}, two = {0};
  assert_int_equal(pl_secure_id(w->client, NULL), 0);
  assert_int_equal(pl_secure_id(w->client, &one), 1);
  assert_int_equal(pl_secure_id(w->client, &two), 2);
  assert_int_equal(pl_secure_id(w->client, &one), 1);
}

static void settings_have_a_limit(void **state)
{
  wire *w = *state;
  static pl_tls_settings many[PL_SETTINGS_MAX + 1];
  pl_error err = {0};
  for (uint32_t i = 0; i < PL_SETTINGS_MAX; i++)
    assert_int_equal(pl_secure_id(w->client, &many[i]), i + 1);
  assert_int_equal(pl_secure_id(w->client, &many[PL_SETTINGS_MAX]), PL_NO_SETTINGS);
  assert_int_equal(pl_client_secure(w->client, &many[PL_SETTINGS_MAX], &err), PL_ELIMIT);
  assert_int_equal(pl_secure_id(w->client, &many[0]), 1); /* those that are known stay */
}

static void a_context_is_made_once(void **state)
{
  wire *w = *state;
  void *first = NULL, *again = NULL, *other = NULL;
  const pl_tls_settings settings = {0};
  assert_null(w->client->transport); /* not loaded before */
  assert_int_equal(pl_secure_context(w->client, 0, &first, NULL), PL_OK);
  assert_non_null(w->client->transport);
  assert_int_equal(pl_secure_context(w->client, 0, &again, NULL), PL_OK);
  assert_ptr_equal(again, first);
  assert_int_equal(pl_secure_context(w->client, pl_secure_id(w->client, &settings), &other, NULL), PL_OK);
  assert_ptr_not_equal(other, first);
}

static void without_the_module(void **state)
{
  wire *w = *state;
  pl_error err = {0};
  w->client->o.module_dir = "/no/such/folder";
  assert_true(pl_client_secure(w->client, NULL, &err) < 0);
  assert_non_null(strstr(err.message, "tls"));
  assert_null(w->client->transport);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, wire_set_up, wire_tear_down)
  const struct CMUnitTest tests[] = {TEST(settings_are_known_by_their_address), TEST(settings_have_a_limit), TEST(a_context_is_made_once),
                                     TEST(without_the_module)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
