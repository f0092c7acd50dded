-- Prints the sum of the integers on stdin, or hello if there are none.
local sum, count = 0, 0
for value in io.read("a"):gmatch("%S+") do
  sum = sum + math.tointeger(tonumber(value))
  count = count + 1
end
print(count > 0 and sum or "hello")
