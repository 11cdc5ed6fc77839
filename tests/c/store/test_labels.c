/* Label sets: one canonical text, whatever the order. */
#include "store/labels.h"

#include "support/failing.h"

static void sorted_and_escaped(void **state)
{
  pl_label labels[] = {{PL_STR("z"), PL_STR("1")}, {PL_STR("a"), PL_STR("say \"hi\"")}}, back[PL_LABELS_MAX];
  pl_buf text, storage;
  pl_error err = {0};
  size_t n = 0;
  (void)state;
  pl_buf_init(&text, &pl_alloc_default, 1000);
  pl_buf_init(&storage, &pl_alloc_default, 1000);
  pl_labels_sort(labels, 2);
  assert_int_equal(pl_labels_text(labels, 2, &text), PL_OK);
  assert_string_equal(pl_buf_cstr(&text), "{\"a\":\"say \\\"hi\\\"\",\"z\":\"1\"}");
  assert_int_equal(pl_labels_read(&pl_alloc_default, (pl_str){text.data, text.len}, back, &n, &storage, &err), PL_OK);
  assert_int_equal(n, 2);
  assert_true(pl_str_eqc(back[0].name, "a") && pl_str_eqc(back[0].value, "say \"hi\"") && pl_str_eqc(back[1].value, "1"));
  pl_buf_fini(&text);
  pl_buf_fini(&storage);
}

static void too_many(void **state)
{
  pl_label labels[PL_LABELS_MAX + 1];
  pl_buf text;
  (void)state;
  for (int i = 0; i <= PL_LABELS_MAX; i++)
    labels[i] = (pl_label){PL_STR("n"), PL_STR("v")};
  pl_buf_init(&text, &pl_alloc_default, 10000);
  assert_int_equal(pl_labels_text(labels, PL_LABELS_MAX + 1, &text), PL_ELIMIT);
  pl_buf_fini(&text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(sorted_and_escaped), cmocka_unit_test(too_many)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
