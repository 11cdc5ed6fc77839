/* SHA-256 against the vectors of FIPS 180-4. */
#include <string.h>

#include "base/str.h"
#include "support/failing.h"

static void check(const char *text, size_t len, const char *want)
{
  char hex[65];
  pl_sha256_hex(text, len, hex);
  assert_string_equal(hex, want);
}

static void published_vectors(void **state)
{
  (void)state;
  check("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  check("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void a_million_letters(void **state)
{
  static char letters[1000000];
  (void)state;
  memset(letters, 'a', sizeof letters);
  check(letters, sizeof letters, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(published_vectors), cmocka_unit_test(a_million_letters)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
