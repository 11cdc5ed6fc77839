/* Dates as servers write them; expected values by date -u -d. */
#include "load/cookie.h"
#include "support/failing.h"

static void expect(const char *text, int64_t unix_s)
{
  int64_t s = -1;
  if (!pl_cookie_date(pl_str_of(text), &s) || s != unix_s)
    fail_msg("%s: %lld", text, (long long)s);
}

static void all_forms_are_read(void **state)
{
  (void)state;
  expect("Thu, 01 Jan 1970 00:00:00 GMT", 0);
  expect("Sun, 06 Nov 1994 08:49:37 GMT", 784111777);
  expect("Sunday, 06-Nov-94 08:49:37 GMT", 784111777);
  expect("Sun Nov  6 08:49:37 1994", 784111777);
  expect("Wed, 09 Jun 2021 10:18:14 GMT", 1623233894);
  expect("29 february 2024 1:2:3", 1709168523);
  expect("1:2:3 2024/feb/29", 1709168523);
  expect("01-Jan-69 00:00:00", 3124224000);
  expect("01-Jan-70 00:00:00", 0);
  expect("31 Dec 9999 23:59:59", 253402300799);
  expect("Mon, 01 Jan 1601 00:00:00 GMT", -11644473600);
}

static void others_are_none(void **state)
{
  static const char *const texts[] = {"", "0", "tomorrow", "06 Nov 1994", "08:49:37 Nov 1994", "06 08:49:37 1994", "06 Nov 08:49:37",
                                      "32 Nov 1994 08:49:37", "00 Nov 1994 08:49:37", "06 Nov 1994 24:00:00", "06 Nov 1994 08:60:00",
                                      "06 Nov 1600 08:49:37", "06 Nov 19944 08:49:37", "06 Nov 1994 08:49", "06 Nov 1994 108:49:37"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    int64_t s;
    if (pl_cookie_date(pl_str_of(texts[i]), &s))
      fail_msg("%s is a date: %lld", texts[i], (long long)s);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(all_forms_are_read), cmocka_unit_test(others_are_none)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
