/* SHA-256 against the vectors of FIPS 180-4. */
#include <string.h>

#include "base/hash.h"
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

static void in_any_pieces(void **state)
{
  static const char text[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopqabcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  char want[65], got[65];
  (void)state;
  pl_sha256_hex(text, sizeof text - 1, want);
  for (size_t piece = 1; piece < sizeof text; piece++) {
    unsigned char hash[PL_SHA256_SIZE];
    pl_sha256 s;
    pl_sha256_begin(&s);
    for (size_t at = 0; at < sizeof text - 1; at += piece)
      pl_sha256_add(&s, text + at, sizeof text - 1 - at < piece ? sizeof text - 1 - at : piece);
    pl_sha256_end(&s, hash);
    pl_hex(hash, sizeof hash, got);
    assert_string_equal(got, want);
  }
}

/* RFC 4231, cases 1, 2 and 6. */
static void hmac_vectors(void **state)
{
  char long_key[131], hex[65];
  unsigned char mac[PL_SHA256_SIZE];
  (void)state;
  memset(long_key, 0xaa, sizeof long_key);
  char key[20];
  memset(key, 0x0b, sizeof key);
  pl_hmac_sha256((pl_str){key, sizeof key}, PL_STR("Hi There"), mac);
  pl_hex(mac, sizeof mac, hex);
  assert_string_equal(hex, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  pl_hmac_sha256(PL_STR("Jefe"), PL_STR("what do ya want for nothing?"), mac);
  pl_hex(mac, sizeof mac, hex);
  assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  pl_hmac_sha256((pl_str){long_key, sizeof long_key}, PL_STR("Test Using Larger Than Block-Size Key - Hash Key First"), mac);
  pl_hex(mac, sizeof mac, hex);
  assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(published_vectors), cmocka_unit_test(a_million_letters), cmocka_unit_test(in_any_pieces),
                                     cmocka_unit_test(hmac_vectors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
