/* Challenges of Digest: the answer to one is a header value without control characters. */
#include "load/auth.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  pl_digest digest = {0};
  pl_auth auth = {.kind = PL_AUTH_DIGEST, .user = PL_STR("user"), .password = PL_STR("secret")};
  pl_buf value;
  pl_buf_init(&value, &pl_alloc_default, 1 << 16);
  if (pl_digest_take(&digest, (pl_str){(const char *)data, len})) {
    FUZZ_EXPECT(pl_digest_value(&digest, &auth, PL_STR("GET"), PL_STR("/x"), PL_STR("0123"), &value) == 0);
    for (size_t i = 0; i < value.len; i++)
      FUZZ_EXPECT(value.data[i] != '\r' && value.data[i] != '\n' && value.data[i] != '\0');
  }
  pl_buf_fini(&value);
  return 0;
}
