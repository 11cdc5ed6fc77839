/* FIPS 180's examples, and lengths around a block's end. */
#include "base/sha1.h"

#include <stdio.h>
#include <string.h>

#include "support/failing.h"

static void check(const char *text, const char *hex)
{
  uint8_t digest[20];
  char out[41];
  pl_sha1(text, strlen(text), digest);
  for (int i = 0; i < 20; i++)
    (void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
  assert_string_equal(out, hex);
}

static void published(void **state)
{
  (void)state;
  check("", "da39a3ee5e6b4b0d3255bfef95601890afd80709");
  check("abc", "a9993e364706816aba3e25717850c26c9cd0d89d");
  check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  check("0123456701234567012345670123456701234567012345670123456701234567", "e0c094e867ef46c350ef54a7f59dd60bed92ae83");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(published)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
