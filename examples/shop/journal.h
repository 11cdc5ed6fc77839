/* The shop's own log of every request, on the monotonic clock: what tests take as the truth. One line each:
 * arrival_ns completion_ns method path status. Completion is when the answer was handed over for sending: libmicrohttpd tells
 * of its end only after a whole batch of connections, tens of milliseconds late when many were held back. */
#ifndef SHOP_JOURNAL_H
#define SHOP_JOURNAL_H

#include <stdint.h>
#include <stdio.h>

FILE *journal_open(const char *path); /* NULL: see errno */
void journal_write(FILE *f, uint64_t arrival_ns, uint64_t completion_ns, const char *method, const char *path, unsigned status);
void journal_close(FILE *f); /* flushes; NULL is fine */

#endif
