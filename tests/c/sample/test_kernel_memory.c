/* Slabs and free blocks. */
#include "sample/sampled.h"

static void kernel_memory_is_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "slabinfo", "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables\n"
                               "tw_sock_TCP          704    864    256   32    2 : tunables    0    0    0 : slabdata     27     27      0\n");
  sampled_file(&s, "buddyinfo", "Node 0, zone      DMA      1      0      5 \nNode 1, zone   Normal   4381   1093    185 \n");
  sampled_sets(&s, "slab buddyinfo");
  sampled_is(&s, "node_slabinfo_active_objects{slab=tw_sock_TCP}", 704);
  sampled_is(&s, "node_slabinfo_pages_per_slab{slab=tw_sock_TCP}", 2);
  sampled_is(&s, "node_buddyinfo_blocks{node=0,zone=DMA,size=2}", 5);
  sampled_is(&s, "node_buddyinfo_blocks{node=1,zone=Normal,size=0}", 4381);
  assert_int_equal(sampled_find(&s, "node_buddyinfo_blocks{node=1,zone=Normal,size=3}"), -1);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(kernel_memory_is_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
