/* The last bytes of each page of the file, which SQLite leaves to us (its header says how many, at byte 20): what tells a page that is as it
 * was written from one that is not. Pure. */
#ifndef PL_STORE_PAGE_H
#define PL_STORE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PL_PAGE_SEAL = 12, PL_PAGE_MAX = 65536, PL_PAGE_HEAD = 100 }; /* bytes: of a seal, of the largest page, of the header of a file */

enum pl_page_state {
  PL_PAGE_WHOLE,    /* as it was sealed; or never written, all zeros */
  PL_PAGE_FLIPPED,  /* one bit is not */
  PL_PAGE_OTHER,    /* more is not: other programs leave the seal of what they change */
  PL_PAGE_UNSEALED, /* it has no seal: another program has made it */
};

/* Seals a page: its number (from 1), Adler-32 of what is before the seal, CRC-32 of all before the last four bytes; little-endian. */
void pl_page_seal(uint8_t *page, size_t size, uint32_t number);

/* Whether the page is as it was sealed. Flipped: it is afterwards, and *bit is the one that was not, counted from the first byte's lowest. */
enum pl_page_state pl_page_mend(uint8_t *page, size_t size, uint32_t number, size_t *bit);

/* Whether the header of a file is in order, and then the size of its pages, 0 where they have no seals. */
bool pl_page_header(const uint8_t *header, size_t *size);

/* The size of the pages of a file that begins with these bytes (as many as there are of the largest page), where they are sealed; else 0.
 * A flipped bit in page 1 is no obstacle. `first` is scratch afterwards. */
size_t pl_page_size(uint8_t *first, size_t len);

#endif
