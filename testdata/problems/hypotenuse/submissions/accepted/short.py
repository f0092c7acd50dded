import math

print(math.hypot(*map(float, input().split())))
