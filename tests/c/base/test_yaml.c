/* YAML as JSON: what configuration files hold, and what is refused with its place. */
#include "base/yaml.h"

#include <string.h>

#include "support/failing.h"

static int convert(const char *yaml, pl_buf *out, pl_error *err)
{
  *err = (pl_error){0};
  pl_buf_init(out, &pl_alloc_default, 1 << 16);
  return pl_yaml_to_json(pl_str_of(yaml), out, err);
}

static void gives(const char *yaml, const char *json)
{
  pl_buf out;
  pl_error err;
  if (convert(yaml, &out, &err))
    fail_msg("%s: %s", yaml, err.message);
  assert_string_equal(pl_buf_cstr(&out), json);
  pl_buf_fini(&out);
}

static void refuses(const char *yaml, int code, const char *words)
{
  pl_buf out;
  pl_error err;
  assert_int_equal(convert(yaml, &out, &err), code);
  if (!strstr(err.message, words))
    fail_msg("%s: %s", yaml, err.message);
  pl_buf_fini(&out);
}

static void mappings_sequences_scalars(void **state)
{
  (void)state;
  gives("db: x.db\nseed: 7\nquiet: yes # a comment\nempty:\nnone: ~\n", "{\"db\":\"x.db\",\"seed\":\"7\",\"quiet\":\"yes\",\"empty\":null,\"none\":null}");
  gives("label: { team: shop, n: '1' }\nlist:\n  - a\n  - b: c\n    d: [e, \"f\\n\"]\n",
        "{\"label\":{\"team\":\"shop\",\"n\":\"1\"},\"list\":[\"a\",{\"b\":\"c\",\"d\":[\"e\",\"f\\n\"]}]}");
  gives("text: |\n  two\n  lines\nq: \"~\"\n", "{\"text\":\"two\\nlines\\n\",\"q\":\"~\"}");
}

static void nothing_is_an_empty_mapping(void **state)
{
  (void)state;
  gives("", "{}");
  gives("# a comment\n", "{}");
  gives("---\n", "null");
}

static void refused_with_its_place(void **state)
{
  char deep[128];
  (void)state;
  refuses("a: b\n c: [", PL_EPARSE, "line 2");
  refuses("a: &x 1\n", PL_EPARSE, "line 1, column 4: anchors");
  refuses("a: !!int 1\n", PL_EPARSE, "tags");
  refuses("a: &x [1]\nb: *x\n", PL_EPARSE, "anchors");
  refuses("? [a]\n: b\n", PL_EPARSE, "a key is a plain word");
  refuses("a: 1\n---\nb: 2\n", PL_EPARSE, "line 2, column 1: a second document");
  refuses("a: \xff\n", PL_EPARSE, "line");
  memset(deep, '[', 40);
  deep[40] = '\0';
  refuses(deep, PL_ELIMIT, "more than 32 levels");
}

static void the_limit_of_the_buffer_holds(void **state)
{
  pl_buf out;
  pl_error err = {0};
  (void)state;
  pl_buf_init(&out, &pl_alloc_default, 8);
  assert_int_equal(pl_yaml_to_json(PL_STR("name: a long value"), &out, &err), PL_ELIMIT);
  pl_buf_fini(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mappings_sequences_scalars),
      cmocka_unit_test(nothing_is_an_empty_mapping),
      cmocka_unit_test(refused_with_its_place),
      cmocka_unit_test(the_limit_of_the_buffer_holds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
