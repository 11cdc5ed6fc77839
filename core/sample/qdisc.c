/* The queue in front of each network device: what passed, waits and was dropped, as the kernel tells by rtnetlink(7). */
#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/error.h"
#include "sample/netlink.h"
#include "sample/sampler.h"

typedef struct qdisc {
  pl_sampler *sampler;
  pl_netlink netlink;
} qdisc;

/* Of one queue. */
typedef struct figures {
  pl_str kind;
  struct gnet_stats_basic passed;
  struct gnet_stats_queue queue;
  uint64_t packets; /* where the kernel counts further than passed does */
} figures;

static int qdisc_open(pl_sampler *s, void **state, pl_error *err)
{
  const pl_allocator *a = pl_sampler_options_of(s)->alloc;
  qdisc *q = pl_alloc_zero(a, 1, sizeof *q);
  if (!q)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  q->sampler = s;
  if (pl_netlink_open(&q->netlink, NETLINK_ROUTE) == PL_OK) {
    *state = q;
    return PL_OK;
  }
  pl_free(a, q, sizeof *q);
  return PL_ENOENT;
}

static void qdisc_close(pl_sampler *s, void *state)
{
  qdisc *q = state;
  pl_netlink_close(&q->netlink);
  pl_free(pl_sampler_options_of(s)->alloc, q, sizeof *q);
}

/* As much of a structure as the kernel gave: newer ones are longer. */
static void take(pl_str value, void *out, size_t size)
{
  memcpy(out, value.data, value.len < size ? value.len : size);
}

static void take_statistics(pl_str rest, figures *out)
{
  uint16_t type;
  pl_str value;
  while (pl_netlink_attribute(&rest, &type, &value)) {
    if (type == TCA_STATS_BASIC)
      take(value, &out->passed, sizeof out->passed);
    else if (type == TCA_STATS_QUEUE)
      take(value, &out->queue, sizeof out->queue);
    else if (type == TCA_STATS_PKT64)
      take(value, &out->packets, sizeof out->packets);
  }
}

static void emit_figures(pl_sampler *s, pl_str device, const figures *f)
{
  const pl_sample_label labels[] = {{"device", device}, {"kind", f->kind}};
  const struct {
    const char *metric;
    double value;
    bool counter;
  } list[] = {
      {"node_qdisc_bytes_total", (double)f->passed.bytes, true},
      {"node_qdisc_packets_total", (double)(f->packets ? f->packets : f->passed.packets), true},
      {"node_qdisc_drops_total", f->queue.drops, true},
      {"node_qdisc_requeues_total", f->queue.requeues, true},
      {"node_qdisc_overlimits_total", f->queue.overlimits, true},
      {"node_qdisc_current_queue_length", f->queue.qlen, false},
      {"node_qdisc_backlog", f->queue.backlog, false},
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    pl_sampler_emit(s, &(pl_emit){list[i].metric, list[i].counter, labels, 2}, list[i].value);
}

/* Queues within a queue are part of it. */
static void take_queue(void *user, pl_str body)
{
  qdisc *q = user;
  struct tcmsg head;
  struct ifreq device = {.ifr_name = ""};
  figures f = {.kind = {"", 0}};
  uint16_t type;
  pl_str value;
  if (body.len < sizeof head)
    return;
  memcpy(&head, body.data, sizeof head);
  device.ifr_ifindex = head.tcm_ifindex;
  if (head.tcm_parent != TC_H_ROOT || ioctl(q->netlink.fd, SIOCGIFNAME, &device) != 0)
    return;
  pl_str rest = {body.data + NLMSG_ALIGN(sizeof head), body.len - sizeof head};
  while (pl_netlink_attribute(&rest, &type, &value)) {
    if (type == TCA_KIND)
      f.kind = (pl_str){value.data, strnlen(value.data, value.len)};
    else if (type == TCA_STATS2)
      take_statistics(value, &f);
  }
  emit_figures(q->sampler, pl_str_of(device.ifr_name), &f);
}

static void qdisc_read(pl_sampler *s, void *state)
{
  static const struct tcmsg all = {.tcm_family = AF_UNSPEC};
  qdisc *q = state;
  if (pl_netlink_dump(&q->netlink, RTM_GETQDISC, (pl_str){(const char *)&all, sizeof all}, RTM_NEWQDISC, take_queue, q))
    pl_sampler_left_out(s, "queues of network devices, which the kernel does not tell");
}

const pl_source pl_source_qdisc = {"queues of network devices", qdisc_open, qdisc_read, qdisc_close};
