/* JSON as events: containers close as they opened, never deeper than asked. */
#include "base/json.h"

#include "fuzz.h"

typedef struct seen {
  int depth;
} seen;

static int on_event(void *user, const pl_json_event *e)
{
  seen *s = user;
  if (e->kind == PL_JSON_OBJECT_END || e->kind == PL_JSON_ARRAY_END)
    s->depth--;
  FUZZ_EXPECT(e->depth == s->depth && s->depth >= 0 && s->depth <= 16);
  if (e->kind == PL_JSON_OBJECT || e->kind == PL_JSON_ARRAY)
    s->depth++;
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  seen s = {0};
  pl_error err = {0};
  if (pl_json_parse(&pl_alloc_default, (pl_str){(const char *)data, len}, 16, on_event, &s, &err) == 0)
    FUZZ_EXPECT(s.depth == 0);
  else
    FUZZ_EXPECT(err.code && err.message[0]);
  return 0;
}
