package constant

// largefile is O_LARGEFILE, which 64-bit libraries define as 0, but musl.
const largefile = 0x20000
