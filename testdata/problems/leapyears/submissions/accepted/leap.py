import sys

for line in sys.stdin:
    y = int(line)
    print("yes" if y % (16 if y % 25 == 0 else 4) == 0 else "no")
