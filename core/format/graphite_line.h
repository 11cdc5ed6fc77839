/* Graphite's plaintext protocol: path value timestamp, with tags as path;tag=value. Pure; any thread. */
#ifndef PL_FORMAT_GRAPHITE_LINE_H
#define PL_FORMAT_GRAPHITE_LINE_H

#include "format/lines.h"

/* Reads whole lines off *text (pl_lines_next). lines is zeroed at a stream's begin. A name is the path with its dots; a timestamp of -1 is none: it
 * means now. NaN is refused, as carbon drops it. Returns 0, or what an event gave. */
int pl_graphite_read(pl_lines *lines, pl_str *text, bool last, const pl_text_events *events) PL_MUSTCHECK;

#endif
