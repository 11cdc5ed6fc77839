/* Software RAID: whole, without a member, being rebuilt, not running. */
#include "sample/sampled.h"

static void arrays_are_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_host_with(&s, "mdstat", "Personalities : [raid0] [raid1]\n\n"
                                  "md6 : active raid1 sdb2[2](F) sdc[1](S) sda2[0]\n      195310144 blocks [2/1] [U_]\n"
                                  "      [=>...................]  recovery =  8.5% (16775552/195310144) finish=17.0min speed=259783K/sec\n\n"
                                  "md10 : active raid0 sda1[0] sdb1[1]\n      314159265 blocks 64k chunks\n\n"
                                  "md219 : inactive sdb[2](S) sdc[1](S)\n        7932 blocks super external:imsm\n\n"
                                  "md9 : active raid1 sdc2[2] sdd2[3] sdb2[1] sda2[0]\n      523968 blocks super 1.2 [4/4] [UUUU]\n      resync=DELAYED\n\nunused devices: <none>\n");
  sampled_is(&s, "node_md_state{device=md6,state=recovering}", 1);
  sampled_is(&s, "node_md_state{device=md6,state=active}", 0);
  sampled_is(&s, "node_md_disks{device=md6,state=active}", 1);
  sampled_is(&s, "node_md_disks{device=md6,state=failed}", 1);
  sampled_is(&s, "node_md_disks{device=md6,state=spare}", 1);
  sampled_is(&s, "node_md_disks_required{device=md6}", 2);
  sampled_is(&s, "node_md_blocks_synced{device=md6}", 16775552);
  sampled_is(&s, "node_md_disks{device=md10,state=active}", 2);
  sampled_is(&s, "node_md_blocks_synced{device=md10}", 314159265);
  sampled_is(&s, "node_md_disks_required{device=md219}", 0);
  sampled_is(&s, "node_md_state{device=md219,state=inactive}", 1);
  sampled_is(&s, "node_md_state{device=md9,state=resync}", 1);
  sampled_is(&s, "node_md_blocks_synced{device=md9}", 0);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(arrays_are_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
