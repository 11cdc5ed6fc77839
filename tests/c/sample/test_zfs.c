/* ZFS: totals and sizes. */
#include "sample/sampled.h"

static void kstats_are_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "spl/kstat/zfs/arcstats", "6 1 0x01 91 4368 5266997922 97951858082072\nname                            type data\nhits                            4    8772612\n"
                                             "size                            4    1603939792\nc                               4    1643208777\n");
  sampled_file(&s, "spl/kstat/zfs/fm", "0 1 0x01 4 224 1 1\nname type data\nerpt-dropped                    4    18\n");
  sampled_host(&s);
  sampled_is(&s, "node_zfs_arc_hits", 8772612);
  assert_true(s.counter[sampled_find(&s, "node_zfs_arc_hits")]);
  sampled_is(&s, "node_zfs_arc_size", 1603939792);
  assert_false(s.counter[sampled_find(&s, "node_zfs_arc_size")]);
  assert_false(s.counter[sampled_find(&s, "node_zfs_arc_c")]);
  sampled_is(&s, "node_zfs_fm_erpt_dropped", 18);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(kstats_are_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
