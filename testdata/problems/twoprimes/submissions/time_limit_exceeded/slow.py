n = int(input())
def prime(x):
    return x > 1 and sum(x % d == 0 for d in range(1, x + 1)) == 2
print(*next((p, n - p) for p in range(n // 2, 1, -1) if prime(p) and prime(n - p)))
