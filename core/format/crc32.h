/* The sum of CRC-32: of gzip, PNG and Ethernet, and of what the timeline stores. */
#ifndef PL_FORMAT_CRC32_H
#define PL_FORMAT_CRC32_H

#include <stdint.h>

#include "base/str.h"

/* CRC-32 as zlib has it: reflected, of the polynomial 0x04c11db7. */
uint32_t pl_crc32(pl_str bytes);

#endif
