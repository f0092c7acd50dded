// @EXPECTED_RESULTS@: RUN-ERROR
int main() { throw 1; }
