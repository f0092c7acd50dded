-- Reads a number and prints how many primes are below it.
local limit = io.read("n")
local factor, count = {}, 0
for i = 1, limit do factor[i] = 0 end
for i = 2, limit - 1 do
  if factor[i] == 0 then
    count = count + 1
    for j = i * i, limit - 1, i do factor[j] = i end
  end
end
print(count)
