/* Graphite's plaintext: each point is a sample of a gauge, at its time. The collector's thread. */
#ifndef PL_INGEST_GRAPHITE_H
#define PL_INGEST_GRAPHITE_H

#include "format/lines.h"
#include "ingest/intake.h"

/* Takes lines that came at now_ns (wall clock), as pl_graphite_read reads them. */
void pl_graphite_take(pl_intake *in, pl_lines *lines, pl_str *text, bool last, int64_t now_ns);

#endif
