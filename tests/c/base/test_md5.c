/* MD5 against the vectors of RFC 1321, appendix A.5. */
#include <string.h>

#include "base/hash.h"
#include "support/failing.h"

static void published_vectors(void **state)
{
  static const char *const pairs[][2] = {
      {"", "d41d8cd98f00b204e9800998ecf8427e"},
      {"a", "0cc175b9c0f1b6a831c399e269772661"},
      {"abc", "900150983cd24fb0d6963f7d28e17f72"},
      {"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
      {"abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"},
      {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"},
      {"12345678901234567890123456789012345678901234567890123456789012345678901234567890", "57edf4a22be3c955ac49da2e2107b67a"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    unsigned char hash[PL_MD5_SIZE];
    char hex[2 * PL_MD5_SIZE + 1];
    pl_md5(pairs[i][0], strlen(pairs[i][0]), hash);
    pl_hex(hash, sizeof hash, hex);
    assert_string_equal(hex, pairs[i][1]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(published_vectors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
