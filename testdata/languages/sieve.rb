# Reads a number and prints how many primes are below it.
limit = gets.to_i
prime = Array.new(limit, true)
count = 0
(2...limit).each do |i|
  next unless prime[i]
  count += 1
  (i * i).step(limit - 1, i) { |j| prime[j] = false }
end
puts count
