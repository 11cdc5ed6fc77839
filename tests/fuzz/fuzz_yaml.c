/* YAML of configuration files: what is taken is JSON. */
#include "base/json.h"
#include "base/yaml.h"

#include "fuzz.h"

static int ignore(void *user, const pl_json_event *e)
{
  (void)user, (void)e;
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
  pl_buf json;
  pl_error err = {0};
  pl_buf_init(&json, &pl_alloc_default, 1 << 22);
  if (pl_yaml_to_json((pl_str){(const char *)data, len}, &json, &err) == 0)
    FUZZ_EXPECT(pl_json_parse(&pl_alloc_default, (pl_str){json.data, json.len}, 64, ignore, NULL, NULL) == 0);
  else
    FUZZ_EXPECT(err.code && err.message[0]);
  pl_buf_fini(&json);
  return 0;
}
