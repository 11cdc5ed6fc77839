/* A thread's numbers while it works for the library. */
#include "base/locale.h"

#include <pthread.h>
#include <string.h>

#include "support/comma.h"

static const char *half(void)
{
  static char text[8];
  (void)snprintf(text, sizeof text, "%.1f", 0.5);
  return text;
}

static void a_thread_comes_back_to_the_locale_that_it_had(void **state)
{
  (void)state;
  comma_begin();
  pl_locale outer = pl_locale_enter();
  assert_string_equal(half(), "0.5");
  pl_locale inner = pl_locale_enter();
  pl_locale_leave(inner);
  assert_string_equal(half(), "0.5");
  pl_locale_leave(outer);
  assert_string_equal(half(), "0,5");
  comma_end();
}

static void one_of_its_own_comes_back_too(void **state)
{
  (void)state;
  comma_begin();
  locale_t own = duplocale(LC_GLOBAL_LOCALE), before = uselocale(own);
  (void)setlocale(LC_NUMERIC, "C");
  pl_locale l = pl_locale_enter();
  assert_string_equal(half(), "0.5");
  pl_locale_leave(l);
  assert_string_equal(half(), "0,5");
  assert_true(uselocale(before) == own);
  freelocale(own);
  comma_end();
}

static void *of_another_thread(void *user)
{
  (void)snprintf(user, 8, "%.1f", 0.5);
  return NULL;
}

static void other_threads_keep_the_hosts(void **state)
{
  pthread_t thread;
  char text[8] = "";
  (void)state;
  comma_begin();
  pl_locale l = pl_locale_enter();
  assert_int_equal(pthread_create(&thread, NULL, of_another_thread, text), 0);
  pthread_join(thread, NULL);
  pl_locale_leave(l);
  assert_string_equal(text, "0,5");
  comma_end();
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_thread_comes_back_to_the_locale_that_it_had), cmocka_unit_test(one_of_its_own_comes_back_too),
                                     cmocka_unit_test(other_threads_keep_the_hosts)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
