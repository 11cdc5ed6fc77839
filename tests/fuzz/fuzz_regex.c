/* Regular expressions: the first line is one, the rest a text. What matches gives groups that lie in the text, and a second look says the
 * same. */
#include "base/regex.h"

#include <string.h>

#include "fuzz.h"

enum { TEXT_MAX = 2000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  const char *bytes = (const char *)data, *end = len ? memchr(bytes, '\n', len) : NULL, *why;
  size_t n = end ? (size_t)(end - bytes) : len, at, rest = end ? len - n - 1 : 0;
  pl_str text = {end ? end + 1 : "", rest < TEXT_MAX ? rest : TEXT_MAX}, groups[PL_REGEX_GROUPS];
  pl_arena arena;
  pl_regex *r;
  pl_arena_init(&arena, &pl_alloc_default, 64 << 20);
  if (pl_regex_compile(&arena, (pl_str){bytes, n}, &r, &why, &at) == 0) {
    bool is = pl_regex_matches(r, text, groups);
    for (size_t i = 0; is && i < PL_REGEX_GROUPS; i++)
      FUZZ_EXPECT(!groups[i].data || (groups[i].data >= text.data && groups[i].data + groups[i].len <= text.data + text.len));
    FUZZ_EXPECT(pl_regex_matches(r, text, NULL) == is);
  } else {
    FUZZ_EXPECT(why && at <= n);
  }
  pl_arena_fini(&arena);
  return 0;
}
