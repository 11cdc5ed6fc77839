/* Heads of answers: what is complete stays so with more behind it, and is not complete with less. */
#include "load/client.h"
#include "load/http1.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  pl_http1_head head, again;
  const char *why = NULL;
  pl_str bytes = {(const char *)data, len};
  for (int head_only = 0; head_only < 2; head_only++) {
    int code = pl_http1_parse(bytes, head_only, &head, &why);
    FUZZ_EXPECT(code >= 0 || why);
    if (code != 1)
      continue;
    FUZZ_EXPECT(head.len <= len && head.status >= 100 && head.status <= 999);
    FUZZ_EXPECT(pl_http1_parse((pl_str){bytes.data, head.len}, head_only, &again, &why) == 1 && again.len == head.len);
    FUZZ_EXPECT(pl_http1_parse((pl_str){bytes.data, head.len - 1}, head_only, &again, &why) == 0);
    pl_str value = pl_answer_header((pl_str){bytes.data, head.len}, PL_STR("location"));
    FUZZ_EXPECT(!value.data || (value.data >= bytes.data && value.data + value.len <= bytes.data + head.len));
  }
  return 0;
}
