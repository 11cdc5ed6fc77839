/* The queue of a real device, in a network of our own. */
#include <arpa/inet.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sample/sampled.h"

enum { HEADERS = 14 + 20 + 8 }; /* Ethernet, IPv4, UDP */

static void send_datagram(void)
{
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  assert_int_equal(bind(any, (struct sockaddr *)&to, sizeof to), 0); /* so that no answer says that nobody listens */
  assert_int_equal(sendto(fd, "0123456789", 10, 0, (struct sockaddr *)&to, sizeof to), 10);
  close(fd);
  close(any);
}

static void what_passed_a_queue(void **state)
{
  static sampled s;
  (void)state;
  if (unshare(CLONE_NEWNET) != 0 || system("ip link set lo up && tc qdisc add dev lo root pfifo limit 10") != 0) {
    print_message("skipped: no queue may be made here\n");
    skip();
  }
  sampled_open(&s);
  sampled_sets(&s, "qdisc");
  sampled_is(&s, "node_qdisc_packets_total{device=lo,kind=pfifo}", 0);
  send_datagram();
  pl_sampler_read(s.sampler);
  sampled_is(&s, "node_qdisc_packets_total{device=lo,kind=pfifo}", 1);
  sampled_is(&s, "node_qdisc_bytes_total{device=lo,kind=pfifo}", HEADERS + 10);
  sampled_is(&s, "node_qdisc_current_queue_length{device=lo,kind=pfifo}", 0);
  assert_true(s.counter[sampled_find(&s, "node_qdisc_drops_total{device=lo,kind=pfifo}")]);
  sampled_close(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(what_passed_a_queue)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
