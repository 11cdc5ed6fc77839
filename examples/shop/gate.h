/* The gate: holds requests back without holding up others. A request that waits is suspended in libmicrohttpd and resumed by
 * a thread that sleeps until the next one is due. */
#ifndef SHOP_GATE_H
#define SHOP_GATE_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

#include "trouble.h"

typedef struct gate gate;

/* One request at the gate; embedded in the request. */
typedef struct gate_pass {
  struct MHD_Connection *connection;
  uint64_t ready_ns;
  bool admitted;          /* counts as in flight */
  struct gate_pass *next; /* waiting for a place */
} gate_pass;

gate *gate_open(trouble *t); /* NULL: no thread or memory */
void gate_close(gate *g);    /* resumes everybody; call before the daemon stops */

/* True when the request may be answered now; else it has been suspended and the handler is called again. */
bool gate_enter(gate *g, gate_pass *p);
/* The answer is out: the next one gets the place. */
void gate_leave(gate *g, gate_pass *p);

unsigned gate_in_flight(gate *g);

#endif
