print(500, flush=True)
keep = []
while True:
    keep.append(bytearray(1 << 20))
