word = input()
while True:
    word += word
