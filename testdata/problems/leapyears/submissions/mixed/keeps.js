// @EXPECTED_RESULTS@: MEMORY-LIMIT, RUN-ERROR
const all = new Float64Array(2 ** 53 - 1);
all.fill(1);
