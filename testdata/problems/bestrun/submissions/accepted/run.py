n, x, a, b, m = map(int, input().split())
run, best = 0, -m
for _ in range(n):
    run = max(run, 0) + x - m // 2
    best = max(best, run)
    x = (a * x + b) % m
print(best)
