print(input())  # as the judge does
