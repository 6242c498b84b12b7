// The four functions that clang calls for copying and filling, whatever the program includes.

#include <stddef.h>
#include <stdint.h>

// Whether 8 bytes at a time can be moved between both.
static int words(uintptr_t a, uintptr_t b, size_t size) { return ((a | b | size) & 7) == 0; }

void *memcpy(void *restrict to, const void *restrict from, size_t size) {
  if (words((uintptr_t)to, (uintptr_t)from, size)) {
    for (size_t i = 0; i < size / 8; i++) ((uint64_t *)to)[i] = ((const uint64_t *)from)[i];
  } else {
    for (size_t i = 0; i < size; i++) ((char *)to)[i] = ((const char *)from)[i];
  }
  return to;
}

void *memmove(void *to, const void *from, size_t size) {
  if ((uintptr_t)to - (uintptr_t)from >= size) return memcpy(to, from, size);
  for (size_t i = size; i-- > 0;) ((char *)to)[i] = ((const char *)from)[i];
  return to;
}

void *memset(void *to, int value, size_t size) {
  const uint64_t bytes = (unsigned char)value * 0x0101010101010101u;
  if (words((uintptr_t)to, 0, size)) {
    for (size_t i = 0; i < size / 8; i++) ((uint64_t *)to)[i] = bytes;
  } else {
    for (size_t i = 0; i < size; i++) ((char *)to)[i] = (char)bytes;
  }
  return to;
}

int memcmp(const void *a, const void *b, size_t size) {
  for (size_t i = 0; i < size; i++) {
    const int difference = ((const unsigned char *)a)[i] - ((const unsigned char *)b)[i];
    if (difference != 0) return difference;
  }
  return 0;
}
