guess = 1
print(guess, flush=True)
while input() != "correct":  # and crashes when the judge is gone
    guess += 1
    print(guess, flush=True)
