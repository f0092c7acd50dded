import math

table = [[math.hypot(a, b) for b in range(1000)] for a in range(100000)]
a, b = map(float, input().split())
print(table[int(a)][int(b)])
