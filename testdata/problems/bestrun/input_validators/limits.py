import re
import sys

line = sys.stdin.read()
if not re.fullmatch(r"[0-9]+( [0-9]+){4}\n", line):
    sys.exit(43)
n, s, a, b, m = map(int, line.split())
most = int(sys.argv[1]) if len(sys.argv) > 1 else 200000
sys.exit(42 if 1 <= n <= most and max(s, a, b) < m <= 100000 else 43)
