/* The registry of samplers: kinds, and a kernel that lacks things. */
#include "sample/sampled.h"

static void an_unknown_kind_is_refused(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_read(&s, "weather", "", NULL, 0, PL_EINVAL);
  sampled_close(&s);
}

static void what_a_kernel_lacks_is_left_out(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "loadavg", "1 2 3 1/1 1\n");
  sampled_read(&s, "host", "", NULL, 0, PL_OK);
  assert_int_equal(s.n, 3);
  sampled_close(&s);
}

/* The second read announces nothing and takes no memory. */
static void numbers_stay(void **state)
{
  static sampled s;
  failing f;
  pl_error err = {0};
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "loadavg", "1 2 3 1/1 1\n");
  failing_init(&f, 0);
  pl_sampler_options o = {.alloc = &f.allocator, .sink = {sampled_metric, sampled_value, &s}, .proc_root = s.folder.folder,
                          .sys_root = s.folder.folder, .kind = PL_STR("host"), .name = PL_STR("")};
  assert_int_equal(pl_sampler_open(&o, &s.sampler, &err), PL_OK);
  pl_sampler_read(s.sampler);
  size_t before = f.calls;
  sampled_file(&s, "loadavg", "4 5 6 1/1 1\n");
  pl_sampler_read(s.sampler);
  assert_int_equal(s.n, 3);
  assert_int_equal(f.calls, before);
  sampled_is(&s, "node_load1", 4);
  sampled_close(&s);
  assert_int_equal(f.live, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(an_unknown_kind_is_refused), cmocka_unit_test(what_a_kernel_lacks_is_left_out),
                                     cmocka_unit_test(numbers_stay)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
