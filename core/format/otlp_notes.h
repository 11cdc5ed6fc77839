/* Events and links of OTLP's spans, off the wire. */
#ifndef PL_FORMAT_OTLP_NOTES_H
#define PL_FORMAT_OTLP_NOTES_H

#include "format/otlp_parts.h"

/* Those of one kind that a span has. */
typedef struct pl_otlp_notes {
  pl_trace_note list[PL_TRACE_NOTES];
  pl_otlp_attributes tags[PL_TRACE_NOTES];
  size_t n; /* also counts those beyond PL_TRACE_NOTES */
} pl_otlp_notes;

/* None. */
void pl_otlp_notes_init(pl_otlp_notes *n, const pl_allocator *a);
/* Frees the texts. */
void pl_otlp_notes_fini(pl_otlp_notes *n);
/* Whether there was no memory for one. */
bool pl_otlp_notes_out_of_memory(const pl_otlp_notes *n);

/* The events of a span (its fields 11); one without a time is none. Valid until the next reading, as long as the message. false: malformed, or
 * there is no room. */
bool pl_otlp_events_read(pl_str span, pl_otlp_notes *out);
/* The links of a span (its fields 13), likewise; one without both ids is none. */
bool pl_otlp_links_read(pl_str span, pl_otlp_notes *out);

#endif
