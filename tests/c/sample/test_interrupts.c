/* Interrupts by device and by CPU; CPUs that are off have no column. */
#include "sample/sampled.h"

static void interrupts_are_read(void **state)
{
  static sampled s;
  (void)state;
  sampled_open(&s);
  sampled_file(&s, "interrupts", "           CPU0       CPU2       \n  1:      17960        105  IR-IO-APIC    1-edge      i8042\n 16:  3  0  IR-PCI-MSI-edge  ehci_hcd:usb1,  mmc0\n"
                                 "NMI:         47       5031   Non-maskable   interrupts\nERR:          9\n");
  sampled_file(&s, "softirqs", "                    CPU0       CPU2       \n          HI:          7          1\n      NET_RX:      43066     104508\n");
  sampled_sets(&s, "interrupts softirqs");
  sampled_is(&s, "node_interrupts_total{cpu=2,type=1,info=IR-IO-APIC,devices=1-edge i8042}", 105);
  sampled_is(&s, "node_interrupts_total{cpu=0,type=16,info=IR-PCI-MSI-edge,devices=ehci_hcd:usb1, mmc0}", 3);
  sampled_is(&s, "node_interrupts_total{cpu=2,type=NMI,info=Non-maskable interrupts,devices=}", 5031);
  assert_int_equal(sampled_find(&s, "node_interrupts_total{cpu=2,type=16,info=IR-PCI-MSI-edge,devices=ehci_hcd:usb1, mmc0}"), -1);
  sampled_is(&s, "node_softirqs_functions_total{cpu=2,type=NET_RX}", 104508);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(interrupts_are_read)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
