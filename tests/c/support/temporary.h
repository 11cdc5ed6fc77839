/* A temporary folder of a test. */
#ifndef TEST_TEMPORARY_H
#define TEST_TEMPORARY_H

#include <stddef.h>

typedef struct temporary {
  char folder[64];
} temporary;

void temporary_open(temporary *t);
/* folder/name, made with this content when text is not NULL; folders on the way are made. */
const char *temporary_file(temporary *t, const char *name, const char *text, char *path, size_t size);
/* Makes folder/name with this content. */
void temporary_put(temporary *t, const char *name, const char *text);
void temporary_close(temporary *t); /* removes all of it */

/* The fixture of a test that needs nothing else: *state is the folder. */
int temporary_set_up(void **state);
int temporary_tear_down(void **state);

#endif
