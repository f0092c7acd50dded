import re
import sys

text = sys.stdin.read()
if not re.fullmatch(r"[1-9][0-9]*\n(0|-?[1-9][0-9]*)( (0|-?[1-9][0-9]*))*\n", text):
    sys.exit("two lines of integers, with single blanks between")
n, *numbers = map(int, text.split())
if n > 1000 or len(numbers) != n or max(map(abs, numbers)) > 10**9:
    sys.exit("out of range")
sys.exit(42)
