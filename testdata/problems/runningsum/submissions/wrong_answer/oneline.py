from itertools import accumulate

input()
print(*accumulate(map(int, input().split())))  # blanks where there must be newlines
