input()
print("about five")
