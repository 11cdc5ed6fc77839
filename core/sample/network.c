/* /proc/net/dev: bytes, packets, errors and drops by device. */
#include "sample/single.h"

enum { PIECE = 512 }; /* a line: a name of 15 characters and 16 numbers of 20 digits */

static const char *const columns[16] = {
    "node_network_receive_bytes_total",  "node_network_receive_packets_total",    "node_network_receive_errs_total",
    "node_network_receive_drop_total",   "node_network_receive_fifo_total",       "node_network_receive_frame_total",
    "node_network_receive_compressed_total", "node_network_receive_multicast_total",
    "node_network_transmit_bytes_total", "node_network_transmit_packets_total",   "node_network_transmit_errs_total",
    "node_network_transmit_drop_total",  "node_network_transmit_fifo_total",      "node_network_transmit_colls_total",
    "node_network_transmit_carrier_total", "node_network_transmit_compressed_total",
};

static int network_open(pl_sampler *s, void **state, pl_error *err)
{
  return pl_single_open(s, "net/dev", PIECE, state, err);
}

static void network_read(pl_sampler *s, void *state)
{
  pl_str text = pl_procfile_read(state), line;
  while ((line = pl_line_next(&text)).data) {
    pl_str rest = line, device = pl_str_trim(pl_str_cut(&rest, ':'));
    if (!rest.data)
      continue; /* a heading */
    for (int i = 0; i < 16; i++)
      pl_sampler_counter_of(s, columns[i], "device", device, pl_field_number(&rest));
  }
}

const pl_source pl_source_network = {"/proc/net/dev", network_open, network_read, pl_single_close};
