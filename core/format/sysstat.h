/* What sar and iostat of sysstat, and vmstat of procps, print: samples out of their tables. Pure; one thread at a time.
 *
 * A column is a metric: "%usr" of sar is sar_percent_usr, "rxpck/s" sar_rxpck_per_second; iostat's processor is iostat_cpu_percent_user. The column CPU, DEV, IFACE,
 * Device ... is a label, the host of the first line the label instance. Times are taken as UTC; a clock that goes back has begun a new day. iostat and
 * vmstat say the time with -t alone; without it samples have none. Averages are passed over. Numbers have a point (LC_ALL=C). */
#ifndef PL_FORMAT_SYSSTAT_H
#define PL_FORMAT_SYSSTAT_H

#include "base/alloc.h"
#include "format/lines.h"

enum pl_sysstat_program { PL_SYSSTAT_SAR, PL_SYSSTAT_IOSTAT, PL_SYSSTAT_VMSTAT };

typedef struct pl_sysstat pl_sysstat;

/* Errors: PL_ENOMEM. */
int pl_sysstat_new(const pl_allocator *a, enum pl_sysstat_program program, const pl_text_events *events, pl_sysstat **out) PL_MUSTCHECK;
/* NULL is fine. */
void pl_sysstat_free(pl_sysstat *s);
/* Reads whole lines off *text (pl_lines_next). Returns 0, or what an event gave. */
int pl_sysstat_read(pl_sysstat *s, pl_str *text, bool last) PL_MUSTCHECK;

#endif
