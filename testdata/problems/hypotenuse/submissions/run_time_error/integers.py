a, b = map(int, input().split())  # the others are no integers
print((a * a + b * b) ** 0.5)
