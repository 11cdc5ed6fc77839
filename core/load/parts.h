/* Operations of one channel at the same time: the parts of one operation, each with times and an answer of its own. Part of the channel. */
#ifndef PL_LOAD_PARTS_H
#define PL_LOAD_PARTS_H

#include "load/channel.h"

struct pl_channel_part {
  pl_times times;
  pl_answer answer;
  pl_tree value; /* nil when it failed; in the channel's arena */
  bool done, told;
};

/* The operation begins, at op->times->begin. */
void pl_parts_begin(pl_channel_operation *op);

/* Stamps what the parts have reached. turn_ns: before what was sent since the last look, now_ns: after it. */
void pl_parts_look(const pl_protocol *p, const void *conversation, pl_channel_operation *op, uint64_t turn_ns, uint64_t now_ns);

/* The operation failed, as op->answer says, while its connection was in that phase: so did the parts that are not done. */
void pl_parts_fail(pl_channel_operation *op, enum pl_phase during);

/* Tells the owner of the parts that are done. last: all are; what passed over the connection is added to the first of those that were not told. */
void pl_parts_tell(const pl_protocol *p, void *conversation, pl_channel_operation *op, pl_arena *arena, bool last);

#endif
