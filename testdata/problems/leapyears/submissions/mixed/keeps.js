// @EXPECTED_RESULTS@: MEMORY-LIMIT, RUN-ERROR
const all = [];
for (;;) all.push(Buffer.alloc(1 << 20, 1));
